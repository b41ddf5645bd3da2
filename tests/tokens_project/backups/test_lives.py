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
from reference_tokens.restoring.holding import Held, hold
from tests.long_runs import rounds
from tests.reference_tokens.fence.fences import in_file
from tests.tokens_project.backups.files import backup_in, restored_from
from tests.tokens_project.backups.lives import Life

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.long_run
def test_t73_no_restore_revives_a_token_and_what_is_lost_is_told(settings: Any, tmp_path: Path) -> None:
    in_file(settings, tmp_path)
    seed = uuid.uuid4().int
    random = Random(seed)
    life = Life(random)
    hold(timezone.now())
    backups = [backup_in(tmp_path)]
    for number in range(rounds(12, long=200)):
        for _act in range(random.randint(1, 8)):
            life.act()
            if random.random() < 0.2:
                backups.append(backup_in(tmp_path))
        before, known = life.good(), life.known()
        done = restored_from(random.choice(backups))
        after = life.good()
        assert done.revoked == 0
        assert not after & (known - before), f"revived: {seed}, round {number}"
        assert (before - after) <= told_of(done.held, before), f"lost in silence: {seed}, round {number}"
        assert verify().broken is None


def told_of(held: Held, tokens: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the tokens that are told to be lost, or to be as the backup has what they depend on."""
    unknown = {uuid.UUID(line.id) for line in held.unknown}
    ids = {line.id for line in held.taken_back}
    there = ReferenceToken.objects.filter(pk__in=tokens)
    of_others = {token.pk for token in there if {str(token.pk), str(token.holder_id), str(token.application_id)} & ids}
    return unknown | of_others
