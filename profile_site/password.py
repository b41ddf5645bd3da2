"""Profile → Security → Password."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.passwords.forms import ChangePasswordForm, NewPasswordForm
from accounts.passwords.setting import set_password
from accounts.sessions.devices import key_of_session, renew_session
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from accounts.sign_in.known_browsers import remember_browser
from profile_site.pages import PROFILE


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def password(request: SignedInRequest) -> HttpResponse:
    """Change the password, which takes the current one (ASVS v5.0.0-6.2.3); or set the first, once it is confirmed who
    asks.
    """
    return password_change(request) if request.user.has_usable_password() else password_set(request)


def password_change(request: SignedInRequest) -> HttpResponse:
    """Another password in place of the current one."""
    return answer(request, ChangePasswordForm(sent(request), user=request.user))


@recent_sign_in_required
def password_set(request: SignedInRequest) -> HttpResponse:
    """A first password, for somebody who signs in without one."""
    return answer(request, NewPasswordForm(sent(request), user=request.user))


def answer(request: SignedInRequest, form: NewPasswordForm) -> HttpResponse:
    """The form, or what was done."""
    if request.method != "POST":
        return form_page(request, form)
    try:
        submit(form, partial(renew_password, request))
    except FormRefused as refused:
        return form_page(request, form, status=refused.status)
    return PROFILE.tell(
        request, _("Your password was changed, and your other sessions were ended."), url=reverse("profile:password")
    )


@sensitive_variables("new_password", "_current")
def renew_password(request: SignedInRequest, *, new_password: str, **_current: str) -> None:
    """Set the password, and stay signed in here with it."""
    set_password(
        actor=actor_of(request, Source.PROFILE),
        user=request.user,
        password=new_password,
        current_key=key_of_session(request),
        now=timezone.now(),
    )
    person = User.objects.get(pk=request.user.pk)
    renew_session(request, person)
    remember_browser(request, person)


def form_page(request: SignedInRequest, form: NewPasswordForm, *, status: int = 200) -> HttpResponse:
    """The form, on a page of its own."""
    has_password = request.user.has_usable_password()
    return PROFILE.form(
        request,
        form,
        template="profile_site/password.html",
        heading=_("Password"),
        lead=_("A new password ends your other sessions. Tokens keep working."),
        submit_label=_("Change password") if has_password else _("Set password"),
        cancel_url=reverse("profile:personal_info"),
        has_password=has_password,
        status=status,
    )
