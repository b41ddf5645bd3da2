"""T73: backups at random moments of a life, each restored at another: nothing that had ended is good again."""

from __future__ import annotations

import uuid
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.verification import verify
from reference_tokens.models import ReferenceToken
from reference_tokens.restoring.holding import hold
from tests.long_runs import rounds
from tests.reference_tokens.fence.fences import in_file
from tests.tokens_project.backups.files import backup_in, restored_from
from tests.tokens_project.backups.lives import Life

pytestmark = pytest.mark.django_db(transaction=True)


# Of the second, two backups were made of instances that older backups had led apart.
@pytest.mark.long_run
@pytest.mark.parametrize("chosen", [None, 193604054350639036299748163502151542488], ids=["any", "apart"])
def test_t73_no_restore_revives_a_token_and_what_is_lost_is_told(
    settings: Any, tmp_path: Path, chosen: int | None
) -> None:
    in_file(settings, tmp_path)
    seed = chosen or uuid.uuid4().int
    random = Random(seed)
    life = Life(random)
    hold(timezone.now())
    # What the restores that led to an instance have told, and so to a backup of it.
    told: frozenset[str] = frozenset()
    backups = [(backup_in(tmp_path), told)]
    for number in range(rounds(12, long=200)):
        for _act in range(random.randint(1, 8)):
            life.act()
            if random.random() < 0.2:
                backups.append((backup_in(tmp_path), told))
        before, known = life.good(), life.known()
        backup, told = random.choice(backups)
        done = restored_from(backup)
        told |= {line.id for line in [*done.held.unknown, *done.held.taken_back]}
        after = life.good()
        assert done.revoked == 0
        assert not after & (known - before), f"revived: {seed}, round {number}"
        assert not untold(before - after, told), f"lost in silence: {seed}, round {number}"
        assert verify().broken is None


def untold(lost: set[uuid.UUID], told: frozenset[str]) -> set[uuid.UUID]:
    """Those of the tokens of which nothing was told: not that they are lost, nor that what they depend on is older."""
    there = {token.pk: token for token in ReferenceToken.objects.filter(pk__in=lost)}
    of_others = {pk for pk, token in there.items() if {str(token.holder_id), str(token.application_id)} & told}
    return {pk for pk in lost if str(pk) not in told} - of_others
