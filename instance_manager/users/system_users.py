"""Creating a System User."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.resumed_form import resumed_values
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.creation import create_user
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.form_pages import form_page
from instance_manager.form_parts import result_of
from instance_manager.questions import done
from instance_manager.users.forms import UserForm

if TYPE_CHECKING:
    pass


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def system_user_create(request: SignedInRequest) -> HttpResponse:
    """Create an identity for software."""
    known: dict[str, Any] = {
        "back_url": reverse("manage:user_list"),
        "back_label": _("Users"),
        "heading": _("New System User"),
        "lead": _("An identity for software: service access tokens act as it. It can never sign in."),
        "submit_label": _("Create System User"),
    }
    user = User(kind=User.Kind.SYSTEM)
    if request.method != "POST":
        return form_page(request, UserForm(instance=user, initial=resumed_values(request, UserForm)), **known)
    form = UserForm(request.POST, instance=user)
    create = partial(create_user, actor=actor_of(request, Source.MANAGE), now=timezone.now(), is_system=True)
    created = result_of(form, create)
    if created is None:
        return form_page(request, form, status=422, **known)
    return done(request, user_url(created.pk), _("%(name)s was created.") % {"name": created.name_beside_others})
