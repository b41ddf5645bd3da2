"""The audit log's words for this app: its actions and its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_of
from accounts.audit import activities as ocsf
from accounts.audit.registry import RecordedAction, names_in_details, register_actions
from accounts.audit.targets import TargetKind, register_targets, uuids
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Collection


def find_applications(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The names and pages of Trusted Applications."""
    names = TrustedApplication.objects.filter(pk__in=uuids(ids)).values_list("pk", "name")
    return {str(pk): (name, address_of("application", pk)) for pk, name in names}


def find_scopes(names: Collection[str]) -> dict[str, tuple[str, str]]:
    """A scope is named by its id, and has no page."""
    return {name: (name, "") for name in names}


def register_audit_words() -> None:
    """Tell the audit log."""
    register_actions(
        {
            "application:create": RecordedAction(
                _("Trusted Application registered"),
                ocsf.CREATED,
                sentence=_("%(who)s registered the Trusted Application %(target)s"),
            ),
            "application:update": RecordedAction(
                _("Trusted Application changed"),
                ocsf.UPDATED,
                fields_changed=names_in_details,
                sentence=_("%(who)s changed the Trusted Application %(target)s"),
            ),
            "scope:create": RecordedAction(
                _("Scope added"), ocsf.CREATED, sentence=_("%(who)s added the scope %(target)s")
            ),
            "scope:update": RecordedAction(
                _("Scope described anew"),
                ocsf.UPDATED,
                fields_changed=names_in_details,
                sentence=_("%(who)s described the scope %(target)s anew"),
            ),
            "scope:delete": RecordedAction(
                _("Scope removed"), ocsf.DELETED, sentence=_("%(who)s removed the scope %(target)s")
            ),
        }
    )
    register_targets(
        {
            "application": TargetKind(_("Trusted Application"), find_applications, fields=["application"]),
            "scope": TargetKind(_("Scope"), find_scopes),
        }
    )
