"""The addresses of users, below security/users/."""

from __future__ import annotations

from django.urls import path

from instance_manager.users import (
    detail,
    devices,
    editing,
    factors,
    handing_over,
    invitations,
    listing,
    offboarding,
    rights,
    system_users,
)

urlpatterns = [
    path("", listing.user_list, name="user_list"),
    path("invite/", invitations.user_invite, name="user_invite"),
    path("new-system-user/", system_users.system_user_create, name="system_user_create"),
    path("<uuid:user_id>/", detail.user_detail, name="user_detail"),
    path("<uuid:user_id>/tokens/counts/", detail.user_token_counts, name="user_token_counts"),
    path("<uuid:user_id>/edit/", editing.user_edit, name="user_edit"),
    path("<uuid:user_id>/invite-again/", invitations.user_invite_again, name="user_invite_again"),
    path("<uuid:user_id>/make-administrator/", rights.administrator_make, name="administrator_make"),
    path("<uuid:user_id>/unmake-administrator/", rights.administrator_unmake, name="administrator_unmake"),
    path("<uuid:user_id>/reset-second-factors/", factors.factors_reset, name="factors_reset"),
    path("<uuid:user_id>/hand-over/", handing_over.hand_over, name="hand_over"),
    path("<uuid:user_id>/hand-over/<uuid:token_id>/", handing_over.sat_create_beside, name="sat_create_beside"),
    path("<uuid:user_id>/deactivate/", offboarding.user_deactivate, name="user_deactivate"),
    path("<uuid:user_id>/reactivate/", offboarding.user_reactivate, name="user_reactivate"),
    path("<uuid:user_id>/delete/", offboarding.user_delete, name="user_delete"),
    path("<uuid:user_id>/devices/end-all/", devices.device_end_all, name="device_end_all"),
    path("<uuid:user_id>/devices/<int:device_id>/end/", devices.device_end, name="device_end"),
]
