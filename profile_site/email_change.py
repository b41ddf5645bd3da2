"""Profile → Personal info → Change e-mail address."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import rates
from accounts.audit.record import Source
from accounts.forms.carried_over import was_typed_here
from accounts.http import SignedInRequest, actor_of
from accounts.mailed_links.email_change import EmailTaken, ask_email_change, confirm_email_change, waiting_change
from accounts.sign_in.decorators import recent_sign_in_required, signed_in_required
from profile_site.pages import page
from profile_site.personal_info import EMAIL_URL, PAGE_URL
from profile_site.personal_info_forms import EmailForm


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def email_change(request: SignedInRequest) -> HttpResponse:
    """Ask for another e-mail address; nothing changes until it is confirmed by the mail sent there."""
    if request.method != "POST":
        # A link must not prepare an address that a person then confirms.
        typed = request.GET.get("email", "") if was_typed_here(request) else ""
        return form_page(request, EmailForm(None, user=request.user, typed=typed))
    form = EmailForm(request.POST, user=request.user)
    if not form.is_valid():
        return form_page(request, form, status=422)
    rates.use(request, rates.EMAIL_CHANGE, str(request.user.pk))
    email, actor = form.cleaned_data["email"], actor_of(request, Source.PROFILE)
    ask_email_change(actor=actor, user=request.user, email=email, now=timezone.now())
    text = _("A mail goes to %(email)s. Your address changes once you have opened the link in it.")
    messages.success(request, text % {"email": email})
    return HttpResponseRedirect(PAGE_URL)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def email_confirm(request: SignedInRequest, key: str) -> HttpResponse:
    """Ask whether to use the address that the link was sent to, or do it; the link is the asking person's alone."""
    now = timezone.now()
    if request.method != "POST":
        waiting = waiting_change(request.user, now=now, key=key)
        return question_page(request, waiting.email) if waiting else dead_link_page(request)
    try:
        email = confirm_email_change(actor=actor_of(request, Source.PROFILE), user=request.user, key=key, now=now)
    except EmailTaken:
        messages.error(request, _("Another account has taken this e-mail address meanwhile. Yours stays as it was."))
        return HttpResponseRedirect(PAGE_URL)
    if email is None:
        return dead_link_page(request)
    messages.success(request, _("Your e-mail address is now %(email)s.") % {"email": email})
    return HttpResponseRedirect(PAGE_URL)


def form_page(request: SignedInRequest, form: EmailForm, *, status: int = 200) -> HttpResponse:
    """The form, on a page of its own."""
    context = {
        "form": form,
        "heading": _("Change e-mail address"),
        "lead": _("A mail with a link goes to the new address, and a notice to the old one."),
        "back_label": _("Personal info"),
        "cancel_url": PAGE_URL,
        "submit_label": _("Send the link"),
    }
    return page(request, "profile_site/personal_info_form.html", context, status=status)


def question_page(request: SignedInRequest, email: str) -> HttpResponse:
    """The question before the change."""
    context = {"heading": _("Use this e-mail address?"), "email": email, "cancel_url": PAGE_URL}
    return page(request, "profile_site/email_confirm.html", context)


def dead_link_page(request: SignedInRequest) -> HttpResponse:
    """What is said of a link that was used, replaced, too old, or meant for somebody else."""
    context = {"heading": _("This link does not work"), "again_url": EMAIL_URL, "cancel_url": PAGE_URL}
    return page(request, "profile_site/email_dead_link.html", context, status=404)
