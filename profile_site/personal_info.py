"""Profile → Personal info: who the person is here, and how they read it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.record import Source
from accounts.forms.editing import opened_with, opening
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.mailed_links.email_change import waiting_change
from accounts.people.personal_info import change_personal_info, personal_info_values
from accounts.sign_in.decorators import signed_in_required
from accounts.text.instants import is_known_zone
from accounts.text.languages import instant_in_words
from profile_site.pages import PROFILE
from profile_site.personal_info_forms import BROWSERS_LANGUAGE, PersonalInfoForm


@require_safe
@signed_in_required
def personal_info(request: SignedInRequest) -> HttpResponse:
    """Who the person is here."""
    context = {
        "person": request.user,
        "groups": list(request.user.groups.order_by("name").values_list("name", flat=True)),
        "language": name_of_language(request.user.language),
        "waiting": waiting_change(request.user, now=timezone.now()),
        "clock": instant_in_words(timezone.localtime()),
        "is_known_zone": is_known_zone(request.user.time_zone),
        "edit_url": reverse("profile:personal_info_edit"),
        "email_url": reverse("profile:email_change"),
    }
    return PROFILE.page(request, "profile_site/personal_info.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def personal_info_edit(request: SignedInRequest) -> HttpResponse:
    """Change one's name, language and time zone."""
    form = PersonalInfoForm(sent(request), user=request.user)
    if request.method != "POST":
        return form_page(request, form, **opening(request, personal_info_values(request.user)))
    actor, opened = actor_of(request, Source.PROFILE), opened_with(request)
    change = partial(change_personal_info, actor=actor, user=request.user, opened=opened, now=timezone.now())
    try:
        submit(form, change, words=language_in_words)
    except FormRefused as refused:
        return form_page(request, form, status=refused.status, **refused.context)
    response = PROFILE.tell(request, _("Your personal info was saved."), url=reverse("profile:personal_info"))
    if not form.cleaned_data["language"]:
        # A language that was chosen in the foot of a page would stand before what the browser asks for.
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return response


def language_in_words(state: dict[str, Any]) -> dict[str, str]:
    """The language by its name; it is described by its code."""
    return {"language": name_of_language(state["language"])}


def name_of_language(code: str) -> str:
    """A language by its own name; one that is spoken no more by its code."""
    return str(dict([BROWSERS_LANGUAGE, *settings.LANGUAGES]).get(code, code))


def form_page(request: SignedInRequest, form: PersonalInfoForm, *, status: int = 200, **edited: Any) -> HttpResponse:
    """The form, on a page of its own."""
    return PROFILE.form(
        request,
        form,
        heading=_("Edit personal info"),
        back_url=reverse("profile:personal_info"),
        back_label=_("Personal info"),
        submit_label=_("Save changes"),
        status=status,
        **edited,
    )
