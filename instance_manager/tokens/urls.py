"""The addresses of tokens, below security/tokens/."""

from __future__ import annotations

from django.urls import path

from instance_manager.tokens import export, inventory, many, pages, suspension

urlpatterns = [
    path("", inventory.inventory, name="inventory"),
    path("counts/", inventory.token_counts, name="token_counts"),
    path("revoke-many/", many.tokens_revoke, name="tokens_revoke"),
    path("suspend-many/", many.tokens_suspend, name="tokens_suspend"),
    path("resume-many/", many.tokens_resume, name="tokens_resume"),
    path("shorten-many/", many.tokens_shorten, name="tokens_shorten"),
    path("export/", export.token_export, name="token_export"),
    path("filters/new/", inventory.filter_save, name="filter_save"),
    path("filters/<int:filter_id>/remove/", inventory.filter_remove, name="filter_remove"),
    path("<uuid:token_id>/", pages.token_detail, name="token_detail"),
    path("<uuid:token_id>/rename/", pages.token_rename, name="token_rename"),
    path("<uuid:token_id>/rotate/", pages.token_rotate, name="token_rotate"),
    path("<uuid:replaced_id>/end/", pages.token_end, name="token_end"),
    path("<uuid:token_id>/revoke/", pages.token_revoke, name="token_revoke"),
    path("<uuid:token_id>/suspend/", suspension.token_suspend, name="token_suspend"),
    path("<uuid:token_id>/resume/", suspension.token_resume, name="token_resume"),
]
