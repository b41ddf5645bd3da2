"""Registering an application and changing it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.editing import conflict, opened_with, opening
from accounts.forms.resumed_form import is_resumed, resumed_values
from accounts.forms.versions import ChangedMeanwhile
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from accounts.text.shortened_lists import MOST_NAMED, shortened_list
from instance_manager.addresses import application_url
from instance_manager.applications.forms import ApplicationForm
from instance_manager.applications.policy_impact import SEEN, choices_of, impact_context
from instance_manager.form_pages import form_page
from reference_tokens.pages.dialogs import refused_because
from reference_tokens.policy.change import ImpactNotSeen, TokensChanged, change_application, change_of
from reference_tokens.policy.impact import Impact, impact_of
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import create_application, described

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def application_create(request: SignedInRequest) -> HttpResponse:
    """Register an application."""
    if request.method != "POST":
        return application_form_page(request, ApplicationForm(initial=resumed_values(request, ApplicationForm)))
    form = ApplicationForm(request.POST)
    if not form.is_valid():
        return application_form_page(request, form, status=422)
    actor = actor_of(request, Source.MANAGE)
    try:
        application = create_application(actor=actor, now=timezone.now(), **form.cleaned_data)
    except ValidationError as error:
        # Somebody else took the URI since the form was checked.
        form.add_error(None, refused_because(error))
        return application_form_page(request, form, status=422)
    messages.success(request, _("%(name)s was registered.") % {"name": application.name})
    return HttpResponseRedirect(application_url(application.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def application_edit(request: SignedInRequest, application_id: uuid.UUID) -> HttpResponse:
    """Change an application; it first says which live tokens that concerns (POL-6)."""
    now = timezone.now()
    application = get_object_or_404(TrustedApplication, pk=application_id)
    if request.method != "POST":
        # The version first: what changes between the two is told then, and not undone.
        version = opening(request, described(application))
        form = ApplicationForm(instance=application, initial=resumed_values(request, ApplicationForm))
        impact = impact_shown_before(request.GET, application_id, now) if is_resumed(request) else None
        return application_form_page(request, form, impact=impact, **version)
    form = ApplicationForm(request.POST, instance=application)
    if not form.is_valid():
        return application_form_page(request, form, status=422)
    try:
        done = change_application(
            actor=actor_of(request, Source.MANAGE),
            application_id=application_id,
            now=now,
            choices=choices_of(request.POST),
            opened=opened_with(request),
            **form.cleaned_data,
        )
    except ChangedMeanwhile as changed:
        impact = impact_shown_before(request.POST, application_id, now)
        return application_form_page(
            request, form, impact=impact, status=409, **conflict(changed, form, words=names_of_people(changed.state))
        )
    except ImpactNotSeen as not_seen:
        return application_form_page(request, form, impact=not_seen.impact)
    except ValidationError as error:
        form.add_error(None, refused_because(error))
        return application_form_page(request, form, status=422)
    messages.success(request, saved_text(form.cleaned_data["name"], done))
    return HttpResponseRedirect(application_url(application_id))


def impact_shown_before(sent: QueryDict, application_id: uuid.UUID, now: datetime) -> Impact | None:
    """What the form said of tokens before it was sent, as it is now: what was ticked beside them stays ticked."""
    if SEEN not in sent:
        return None
    before, after = (get_object_or_404(TrustedApplication, pk=application_id) for _copy in range(2))
    form = ApplicationForm(sent, instance=after)
    if not form.is_valid():
        return None
    values = {name: value for name, value in form.cleaned_data.items() if name != "owners"}
    impact = impact_of(change_of(before, values, now))
    return impact if impact.groups else None


def saved_text(name: str, done: TokensChanged) -> str:
    """What is said after a change."""
    said = [_("The changes to %(name)s were saved.") % {"name": name}]
    if done.revoked:
        revoked = ngettext("%(count)d token was revoked.", "%(count)d tokens were revoked.", done.revoked)
        said.append(revoked % {"count": done.revoked})
    if done.shortened:
        shortened = ngettext("%(count)d token was shortened.", "%(count)d tokens were shortened.", done.shortened)
        said.append(shortened % {"count": done.shortened})
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
    return form_page(
        request,
        form,
        template="instance_manager/application_form.html",
        status=status,
        heading=_("Edit application") if known else _("New Trusted Application"),
        back_url=back_url,
        back_label=form.initial.get("name") if known else _("Trusted Apps"),
        submit_label=_("Save changes") if known else _("Register application"),
        policy_change=impact and impact_context(impact, request.POST or request.GET, back_url),
        **edited,
    )


def names_of_people(state: dict[str, Any]) -> dict[str, str]:
    """The people of an application as its form names them; they are described by their ids."""
    ids = {"system_user": [state["system_user"]] if state["system_user"] else [], "owners": state["owners"]}
    found = {name: User.objects.filter(pk__in=pks).order_by("username")[:MOST_NAMED] for name, pks in ids.items()}
    return {name: shortened_list([user.name_beside_others for user in found[name]], len(ids[name])) for name in ids}
