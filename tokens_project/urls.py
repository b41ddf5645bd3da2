"""Every address of the sites. Machine addresses stand in reference_tokens.endpoints.routes and come first."""

from __future__ import annotations

from django.urls import include, path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

urlpatterns = [
    path("", require_safe(RedirectView.as_view(pattern_name="profile:personal_info")), name="home"),
    path("", include("accounts.urls")),
    path("profile/", include("profile_site.urls")),
    path("manage/", include("instance_manager.urls")),
    path("", include("reference_tokens.pages.help.urls")),
]
# Named here, where Django looks: an exception anywhere among the sites, their middleware included, ends in the last.
handler403 = "accounts.pages.error_pages.permission_denied"
handler404 = "accounts.pages.error_pages.page_not_found"
handler500 = "accounts.pages.unavailable.server_error"
