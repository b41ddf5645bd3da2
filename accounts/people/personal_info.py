"""The personal info of a person: their name, and the language and time zone in which they read."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_event
from accounts.forms.versions import Opened, require_as_opened
from accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Sequence

# The regions whose zones are named after places; the others are old names and offsets.
REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


def change_personal_info(  # noqa: PLR0913 - each is a column of the user
    *,
    actor: Actor,
    user: User,
    now: datetime,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    opened: Opened | None = None,
) -> list[str]:
    """Change what is given of the personal info of a person; returns the names of the columns that changed.

    Raises `ChangedMeanwhile` where it is not what the form was `opened` with.
    The name itself is not recorded: the log keeps people as ids, so that they can be anonymised (AUD-1).
    """
    columns = {"name": name, "language": language, "time_zone": time_zone}
    given = {column: value for column, value in columns.items() if value is not None}
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        before, target = personal_info_values(person), Target.user(person.pk)
        require_as_opened(opened, target, before=before, after=before | given)
        changed = [column for column, value in given.items() if before[column] != value]
        if changed:
            User.objects.filter(pk=person.pk).update(**{column: given[column] for column in changed})
            record_event(actor, "user:update", target, now=now, details={"changed": changed})
    return changed


def personal_info_values(user: User) -> dict[str, str]:
    """The values that a person edits."""
    return {"name": user.name, "language": user.language, "time_zone": user.time_zone}


@cache
def place_zones() -> Sequence[tuple[str, list[tuple[str, str]]]]:
    """The zones named after places, as the groups of a select: a region with its zones and their names."""
    zones: dict[str, list[tuple[str, str]]] = {region: [] for region in REGIONS}
    for zone in zoneinfo.available_timezones():
        region, _slash, place = zone.partition("/")
        if region in zones and place:
            zones[region].append((zone, place_name(place)))
    return [(region, sorted(found, key=lambda pair: pair[1])) for region, found in zones.items()]


def place_name(place: str) -> str:
    """The place first, so that typing its name finds it: "Argentina/Buenos_Aires" is "Buenos Aires, Argentina"."""
    return ", ".join(reversed(place.replace("_", " ").split("/")))


def time_zone_choices(current: str) -> list[tuple[str, str | list[tuple[str, str]]]]:
    """The choices of a person: UTC, the zones by region, and their current one whatever its name."""
    groups = place_zones()
    is_known = current == "UTC" or any(current == zone for _region, zones in groups for zone, _name in zones)
    others = [] if is_known else [(current, current)]
    return [("UTC", _("UTC (coordinated universal time)")), *others, *groups]
