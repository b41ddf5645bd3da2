"""What the actions of this app are to OCSF."""

from __future__ import annotations

from accounts.audit import activities as ocsf

ACTIVITIES = {
    "leak:report": ocsf.ALARMING,
    "resource_server:add_secret": ocsf.UPDATED,
    "resource_server:create": ocsf.CREATED,
    "resource_server:delete": ocsf.DELETED,
    "resource_server:remove_secret": ocsf.UPDATED,
    "resource_server:update": ocsf.UPDATED,
    "token:check": ocsf.READ,
    "token:export": ocsf.READ,
    "token:issue": ocsf.CREATED,
    "token:rename": ocsf.UPDATED,
    "token:resume": ocsf.RESUMED,
    "token:resume_many": ocsf.RESUMED,
    "token:revoke": ocsf.DELETED,
    "token:revoke_many": ocsf.DELETED,
    "token:rotate": ocsf.UPDATED,
    "token:shorten_many": ocsf.UPDATED,
    "token:suspend": ocsf.SUSPENDED,
    "token:suspend_many": ocsf.SUSPENDED,
    "webhook:create": ocsf.CREATED,
    "webhook:delete": ocsf.DELETED,
    "webhook:end": ocsf.SUSPENDED,
    "webhook:end_former_secret": ocsf.UPDATED,
    "webhook:pause": ocsf.SUSPENDED,
    "webhook:repeat": ocsf.OTHERWISE,
    "webhook:replace_secret": ocsf.UPDATED,
    "webhook:resume": ocsf.RESUMED,
    "webhook:test": ocsf.OTHERWISE,
    "webhook:update": ocsf.UPDATED,
}
