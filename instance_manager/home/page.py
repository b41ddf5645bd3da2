"""The start page of the Instance Manager."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.sign_in.decorators import administrator_required
from instance_manager.home.condition import condition
from instance_manager.home.numbers import tiles
from instance_manager.home.to_do import tasks
from instance_manager.pages import MANAGE
from reference_tokens.usage.history import validations_chart


@require_safe
@administrator_required
def home(request: SignedInRequest) -> HttpResponse:
    """What there is, what is to do, how many validations there are, and the condition of the instance."""
    now = timezone.now()
    found = tasks(now)
    context = {
        "tiles": tiles(now),
        "tasks": found,
        "is_all_done": all(task.is_done for task in found),
        "usage": validations_chart(request.GET, now),
        "condition": condition(now),
    }
    return MANAGE.page(request, "instance_manager/home.html", context)
