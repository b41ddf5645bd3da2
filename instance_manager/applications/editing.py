"""Registering an application and changing it."""

from __future__ import annotations

import uuid
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import opened_with, opening
from accounts.forms.resumed_form import is_resumed, resumed_values
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.shortened_lists import MOST_NAMED, shortened_list
from instance_manager.addresses import application_url
from instance_manager.applications.forms import ApplicationForm
from instance_manager.applications.policy_impact import IMPACT_SEEN, impact_context, ticked_choices
from instance_manager.pages import MANAGE
from reference_tokens.policy.change import ImpactNotSeen, TokensChanged, change_application, change_of
from reference_tokens.policy.impact import Impact, impact_of
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import application_settings, create_application

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def application_create(request: SignedInRequest) -> HttpResponse:
    """Register an application."""
    form = ApplicationForm(sent(request), initial=resumed_values(request, ApplicationForm))
    if request.method != "POST":
        return application_form_page(request, form)
    create = partial(create_application, actor=actor_of(request, Source.MANAGE), now=timezone.now())
    try:
        application = submit(form, create)
    except FormRefused as refused:
        return application_form_page(request, form, status=refused.status)
    text = _("%(name)s was registered.") % {"name": application.name}
    return MANAGE.tell(request, text, url=application_url(application.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def application_edit(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """Change an application; the form first says which live tokens the change concerns (POL-6)."""
    application, now = get_object_or_404(TrustedApplication, pk=application_id), timezone.now()
    if request.method != "POST":
        # The version first: a change between the two is then noticed, and not undone.
        version = opening(request, application_settings(application))
        form = ApplicationForm(instance=application, initial=resumed_values(request, ApplicationForm))
        impact = impact_shown_before(request.GET, application_id, now) if is_resumed(request) else None
        return application_form_page(request, form, impact=impact, **version)
    form, actor = ApplicationForm(request.POST, instance=application), actor_of(request, Source.MANAGE)
    choices, opened = ticked_choices(request.POST), opened_with(request)
    change = partial(
        change_application, actor=actor, application_id=application_id, now=now, choices=choices, opened=opened
    )
    try:
        tokens = submit(form, change, words=people_names)
    except ImpactNotSeen as not_seen:
        return application_form_page(request, form, impact=not_seen.impact)
    except FormRefused as refused:
        is_conflict = refused.status == HTTPStatus.CONFLICT
        impact = impact_shown_before(request.POST, application_id, now) if is_conflict else None
        return application_form_page(request, form, impact=impact, status=refused.status, **refused.context)
    return MANAGE.tell(request, saved_text(form.cleaned_data["name"], tokens), url=application_url(application_id))


def impact_shown_before(query: QueryDict, application_id: uuid.UUID, now: datetime) -> Impact | None:
    """The impact that the form showed before it was sent, as it is now; ticked boxes stay ticked."""
    if IMPACT_SEEN not in query:
        return None
    before, after = (get_object_or_404(TrustedApplication, pk=application_id) for _copy in range(2))
    form = ApplicationForm(query, instance=after)
    if not form.is_valid():
        return None
    values = {name: value for name, value in form.cleaned_data.items() if name != "owners"}
    impact = impact_of(change_of(before, values, now))
    return impact if impact.groups else None


def saved_text(name: str, tokens: TokensChanged) -> str:
    """The application was saved, and so many tokens were revoked or shortened."""
    said = [_("The changes to %(name)s were saved.") % {"name": name}]
    if tokens.revoked:
        revoked = ngettext("%(count)d token was revoked.", "%(count)d tokens were revoked.", tokens.revoked)
        said.append(revoked % {"count": tokens.revoked})
    if tokens.shortened:
        shortened = ngettext("%(count)d token was shortened.", "%(count)d tokens were shortened.", tokens.shortened)
        said.append(shortened % {"count": tokens.shortened})
    return " ".join(said)


def application_form_page(
    request: SignedInRequest,
    form: ApplicationForm,
    *,
    impact: Impact | None = None,
    status: int = 200,
    **edited: Any,
) -> HttpResponse:
    """The form of a new or a known application."""
    known = form.instance if not form.instance._state.adding else None  # noqa: SLF001 - how Django tells
    back_url = application_url(known.pk) if known else reverse("manage:application_list")
    return MANAGE.form(
        request,
        form,
        template="instance_manager/application_form.html",
        status=status,
        heading=_("Edit application") if known else _("New Trusted Application"),
        back_url=back_url,
        back_label=form.initial.get("name", "") if known else _("Trusted Apps"),
        submit_label=_("Save changes") if known else _("Register application"),
        policy_change=impact and impact_context(impact, request.POST or request.GET, back_url),
        **edited,
    )


def people_names(state: dict[str, Any]) -> dict[str, str]:
    """The people of an application by name; its state has them by id."""
    ids = {"system_user": [state["system_user"]] if state["system_user"] else [], "owners": state["owners"]}
    found = {name: User.objects.filter(pk__in=pks).order_by("username")[:MOST_NAMED] for name, pks in ids.items()}
    return {name: shortened_list([user.name_beside_others for user in found[name]], len(ids[name])) for name in ids}
