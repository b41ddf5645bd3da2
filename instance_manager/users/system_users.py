"""Creating a System User."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.audit.record import Source
from accounts.forms.resumed_form import resumed_values
from accounts.forms.submission import FormRefused, sent, submit
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.people.creation import create_user
from accounts.sign_in.decorators import administrator_required, recent_sign_in_required
from instance_manager.addresses import user_url
from instance_manager.pages import MANAGE
from instance_manager.users.forms import UserForm


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
@recent_sign_in_required
def system_user_create(request: SignedInRequest) -> HttpResponse:
    """Create an identity for software."""
    words: dict[str, Any] = {
        "heading": _("New System User"),
        "lead": _("An identity for service access tokens. It cannot sign in."),
        "submit_label": _("Create System User"),
        "back_url": reverse("manage:user_list"),
        "back_label": _("Users"),
    }
    form = UserForm(sent(request), instance=User(kind=User.Kind.SYSTEM), initial=resumed_values(request, UserForm))
    if request.method != "POST":
        return MANAGE.form(request, form, **words)
    create = partial(create_user, actor=actor_of(request, Source.MANAGE), now=timezone.now(), is_system=True)
    try:
        user = submit(form, create)
    except FormRefused as refused:
        return MANAGE.form(request, form, status=refused.status, **words)
    text = _("%(name)s was created.") % {"name": user.name_beside_others}
    return MANAGE.tell(request, text, url=user_url(user.pk))
