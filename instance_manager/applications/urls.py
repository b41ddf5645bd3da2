"""The addresses of applications, below security/trusted-apps/."""

from __future__ import annotations

from django.urls import path

from instance_manager.applications import detail, editing, listing, owners
from instance_manager.tokens import creation as token_creation

urlpatterns = [
    path("", listing.application_list, name="application_list"),
    path("new/", editing.application_create, name="application_create"),
    path("<uuid:application_id>/", detail.application_detail, name="application_detail"),
    path("<uuid:application_id>/edit/", editing.application_edit, name="application_edit"),
    path("<uuid:application_id>/owners/", owners.application_owners, name="application_owners"),
    path("<uuid:application_id>/owners/add/", owners.application_owner_add, name="application_owner_add"),
    path(
        "<uuid:application_id>/owners/<uuid:user_id>/remove/",
        owners.application_owner_remove,
        name="application_owner_remove",
    ),
    path("<uuid:application_id>/tokens/counts/", detail.application_token_counts, name="application_token_counts"),
    path("<uuid:application_id>/tokens/new/", token_creation.token_create, name="token_create"),
]
