"""The addresses of the audit log, below security/audit-log/."""

from __future__ import annotations

from django.urls import path

from instance_manager.audit_log import export, finding, page

urlpatterns = [
    path("", page.audit_log, name="audit_log"),
    path("find/", finding.log_find, name="audit_log_find"),
    path("export/", export.log_export, name="audit_log_export"),
    path("choices/person/", page.person_choices, name="audit_log_person"),
    path("choices/application/", page.application_choices, name="audit_log_application"),
]
