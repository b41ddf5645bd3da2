"""The addresses of groups, below security/groups/."""

from __future__ import annotations

from django.urls import path

from instance_manager.groups import deletion, editing, listing, members

urlpatterns = [
    path("", listing.group_list, name="group_list"),
    path("new/", editing.group_create, name="group_create"),
    path("<int:group_id>/", members.group_detail, name="group_detail"),
    path("<int:group_id>/edit/", editing.group_edit, name="group_edit"),
    path("<int:group_id>/delete/", deletion.group_delete, name="group_delete"),
    path("<int:group_id>/members/add/", members.member_add, name="member_add"),
    path("<int:group_id>/members/<uuid:user_id>/remove/", members.member_remove, name="member_remove"),
]
