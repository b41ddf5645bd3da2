"""The addresses of the pages that other pages link to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    import uuid


def application_url(application_id: uuid.UUID) -> str:
    """The page of a Trusted Application."""
    return reverse("manage:application_detail", args=[application_id])


def audit_log_url(**filters: str) -> str:
    """The audit log, narrowed to what these filters say."""
    return reverse("manage:audit_log", query=filters)


def group_url(group_id: int) -> str:
    """The page of a group."""
    return reverse("manage:group_detail", args=[group_id])


def inventory_url() -> str:
    """The list of every token."""
    return reverse("manage:inventory")


def server_url(server_id: int) -> str:
    """The page of a Resource Server."""
    return reverse("manage:resource_server_detail", args=[server_id])


def webhook_url(webhook_id: uuid.UUID) -> str:
    """The page of a webhook."""
    return reverse("manage:webhook_detail", args=[webhook_id])


def user_url(user_id: uuid.UUID) -> str:
    """The page of a user."""
    return reverse("manage:user_detail", args=[user_id])
