"""Profile → Personal info → Change e-mail address."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.resumed_form import is_resumed
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.limits import rates
from accounts.mailed_links.email_change import EmailTaken, ask_email_change, confirm_email_change, waiting_change
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from profile_site.pages import PROFILE
from profile_site.personal_info_forms import EmailForm


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def email_change(request: SignedInRequest) -> HttpResponse:
    """Ask for another e-mail address; nothing changes until it is confirmed by the mail sent there."""
    # A link must not prepare an address that a person then confirms.
    typed = request.GET.get("email", "") if is_resumed(request) else ""
    form = EmailForm(sent(request), user=request.user, typed=typed)
    if request.method != "POST":
        return form_page(request, form)
    try:
        email = submit(form, partial(ask_within_limit, request))
    except FormRefused as refused:
        return form_page(request, form, status=refused.status)
    text = _("We sent a mail to %(email)s. Open its link to change your address.")
    return PROFILE.tell(request, text % {"email": email}, url=reverse("profile:personal_info"))


def ask_within_limit(request: SignedInRequest, email: str) -> str:
    """Mail the link, a few times an hour at most."""
    rates.count_attempt(request, rates.EMAIL_CHANGE, str(request.user.pk))
    ask_email_change(actor=actor_of(request, Source.PROFILE), user=request.user, email=email, now=timezone.now())
    return email


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def email_confirm(request: SignedInRequest, key: str) -> HttpResponse:
    """Ask whether to use the address that the link was sent to, or do it; the link is the asking person's alone."""
    now = timezone.now()
    if request.method != "POST":
        waiting = waiting_change(request.user, now=now, key=key)
        return ask_to_confirm(request, waiting.email) if waiting else dead_link_page(request)
    try:
        email = confirm_email_change(actor=actor_of(request, Source.PROFILE), user=request.user, key=key, now=now)
    except EmailTaken:
        text = _("Another account now uses this e-mail address. Your address was not changed.")
        return PROFILE.tell(request, text, url=reverse("profile:personal_info"), tone="bad")
    if email is None:
        return dead_link_page(request)
    return PROFILE.tell(
        request, _("Your e-mail address is now %(email)s.") % {"email": email}, url=reverse("profile:personal_info")
    )


def form_page(request: SignedInRequest, form: EmailForm, *, status: int = 200) -> HttpResponse:
    """The form, on a page of its own."""
    return PROFILE.form(
        request,
        form,
        heading=_("Change e-mail address"),
        lead=_("We send a link to the new address and a notice to the old one."),
        back_url=reverse("profile:personal_info"),
        back_label=_("Personal info"),
        submit_label=_("Send the link"),
        status=status,
    )


def ask_to_confirm(request: SignedInRequest, email: str) -> HttpResponse:
    """Ask before the address is used."""
    what_follows = (
        format_html(
            _(
                "It replaces <bdi>{old}</bdi>, which receives a notice. You then sign in and reset your "
                "password with the new address."
            ),
            old=request.user.email,
        )
        if request.user.email
        else _("You can then use it to sign in and to reset your password.")
    )
    return PROFILE.ask(
        request,
        heading=_("Use this e-mail address?"),
        lines=[format_html("<strong><bdi>{}</bdi></strong>", email), what_follows],
        submit_label=_("Use this address"),
        keep_label=_("Not now"),
        cancel_url=reverse("profile:personal_info"),
    )


def dead_link_page(request: SignedInRequest) -> HttpResponse:
    """What is said of a link that was used, replaced, too old, or meant for somebody else."""
    email = request.user.email
    context = {
        "when": _(
            "It works once, within 24 hours, until you request another one, and only for the account "
            "that requested it. You are signed in as %(name)s."
        )
        % {"name": request.user.username},
        "what_now": format_html(_("Your e-mail address here is <bdi>{email}</bdi>."), email=email)
        if email
        else _("You have no e-mail address here."),
        "back_url": reverse("profile:personal_info"),
        "back_label": _("Go to personal info"),
        "again_url": reverse("profile:email_change"),
        "again_label": _("Request a new link"),
    }
    return PROFILE.page(request, "dead_link.html", context, status=404)
