"""The addresses of webhooks, below security/webhooks/."""

from __future__ import annotations

from django.urls import path

from instance_manager.webhooks import deliveries, detail, editing, listing, secrets, states

urlpatterns = [
    path("", listing.webhook_list, name="webhook_list"),
    path("new/", editing.webhook_create, name="webhook_create"),
    path("<uuid:webhook_id>/", detail.webhook_detail, name="webhook_detail"),
    path("<uuid:webhook_id>/edit/", editing.webhook_edit, name="webhook_edit"),
    path("<uuid:webhook_id>/pause/", states.webhook_pause, name="webhook_pause"),
    path("<uuid:webhook_id>/resume/", states.webhook_resume, name="webhook_resume"),
    path("<uuid:webhook_id>/delete/", states.webhook_delete, name="webhook_delete"),
    path("<uuid:webhook_id>/secret/", secrets.webhook_secret_replace, name="webhook_secret_replace"),
    path("<uuid:webhook_id>/secret/end/", secrets.webhook_secret_end, name="webhook_secret_end"),
    path("<uuid:webhook_id>/test/", deliveries.webhook_test, name="webhook_test"),
    path("<uuid:webhook_id>/deliveries/<uuid:message_id>/", deliveries.delivery_detail, name="delivery_detail"),
    path("<uuid:webhook_id>/deliveries/<uuid:message_id>/repeat/", deliveries.delivery_repeat, name="delivery_repeat"),
]
