"""Profile → Personal info: who the person is here, and how they read it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.record import Source
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.instants import is_known_zone
from accounts.mailed_links.email_change import waiting_change
from accounts.people.personal_info import change_personal_info, described
from accounts.sign_in.decorators import signed_in_required
from profile_site.pages import page
from profile_site.personal_info_forms import PersonalInfoForm

PAGE_URL = "/profile/"
EDIT_URL = "/profile/edit/"
EMAIL_URL = "/profile/email/"


@require_safe
@signed_in_required
def personal_info(request: SignedInRequest) -> HttpResponse:
    """Who the person is here."""
    context = {
        "person": request.user,
        "groups": list(request.user.groups.order_by("name").values_list("name", flat=True)),
        "language": dict(settings.LANGUAGES).get(request.user.language, request.user.language),
        "waiting": waiting_change(request.user, now=timezone.now()),
        "is_known_zone": is_known_zone(request.user.time_zone),
        "edit_url": EDIT_URL,
        "email_url": EMAIL_URL,
    }
    return page(request, "profile_site/personal_info.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def personal_info_edit(request: SignedInRequest) -> HttpResponse:
    """Change one's name, language and time zone."""
    if request.method != "POST":
        form = PersonalInfoForm(None, user=request.user)
        return form_page(request, form, **opening(request, described(request.user)))
    form = PersonalInfoForm(request.POST, user=request.user)
    if not form.is_valid():
        return form_page(request, form, status=422)
    asked: dict[str, Any] = {"user": request.user, "opened": opened_with(request)} | form.cleaned_data
    try:
        change_personal_info(actor=actor_of(request, Source.PROFILE), now=timezone.now(), **asked)
    except ChangedMeanwhile as changed:
        words = {"language": str(dict(settings.LANGUAGES).get(changed.state["language"], ""))}
        return form_page(request, form, status=409, **conflict(changed, form, words=words))
    messages.success(request, _("Your personal info was saved."))
    return HttpResponseRedirect(PAGE_URL)


def form_page(request: SignedInRequest, form: PersonalInfoForm, *, status: int = 200, **edited: Any) -> HttpResponse:
    """The form, on a page of its own."""
    context = {
        "form": form,
        "heading": _("Edit personal info"),
        "back_label": _("Personal info"),
        "cancel_url": PAGE_URL,
        "submit_label": _("Save changes"),
    }
    return page(request, "profile_site/personal_info_form.html", context | edited, status=status)
