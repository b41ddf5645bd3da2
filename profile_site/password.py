"""Profile → Security → Password."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.passwords.forms import ChangePasswordForm, NewPasswordForm
from accounts.passwords.setting import set_password
from accounts.sessions.devices import renew_session
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from accounts.sign_in.familiar_browsers import remember
from profile_site.pages import page

PAGE_URL = "/profile/security/password/"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def password(request: SignedInRequest) -> HttpResponse:
    """Change the password, which takes the current one (ASVS v5.0.0-6.2.3); or set the first, once it is confirmed who
    asks.
    """
    return password_change(request) if request.user.has_usable_password() else password_set(request)


def password_change(request: SignedInRequest) -> HttpResponse:
    """Another password in place of the current one."""
    return answer(request, ChangePasswordForm(request.POST or None, user=request.user))


@recent_sign_in_required
def password_set(request: SignedInRequest) -> HttpResponse:
    """A first password, for somebody who signs in without one."""
    return answer(request, NewPasswordForm(request.POST or None, user=request.user))


def answer(request: SignedInRequest, form: NewPasswordForm) -> HttpResponse:
    """The form, or what was done."""
    if request.method != "POST" or not form.is_valid():
        context = {
            "form": form,
            "heading": _("Password"),
            "lead": _("A new password ends your other sessions. Tokens keep working: they do not depend on it."),
            "has_password": request.user.has_usable_password(),
            "cancel_url": "/profile/",
            "submit_label": _("Change password") if request.user.has_usable_password() else _("Set password"),
        }
        return page(request, "profile_site/password.html", context, status=422 if request.method == "POST" else 200)
    set_password(
        actor=actor_of(request, Source.PROFILE),
        user=request.user,
        password=form.cleaned_data["new_password"],
        current_key=request.session.session_key,
        now=timezone.now(),
    )
    person = User.objects.get(pk=request.user.pk)
    renew_session(request, person)
    remember(request, person)
    messages.success(request, _("Your password was changed, and your other sessions were ended."))
    return HttpResponseRedirect(PAGE_URL)
