"""RUN-5: where the fence lacks lines that an older copy does not have either, that is said until somebody was told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent
from reference_tokens.fence import noting
from reference_tokens.fence.place import fence
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import FenceLine, ReferenceToken
from reference_tokens.restoring.holding import hold
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from tests.reference_tokens.fence.fences import in_file
from tests.tokens_project.backups.files import backup_in, restored_from
from tokens_project.backups import restoring

pytestmark = pytest.mark.django_db(transaction=True)


class Interrupted(Exception):
    pass


@pytest.fixture(autouse=True)
def file(settings: Any, tmp_path: Path) -> Path:
    return in_file(settings, tmp_path)


def token() -> ReferenceToken:
    return issued_pat(UserFactory.create(), ApplicationFactory.create()).token


def revoke_on_full_disk(one: ReferenceToken, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _text: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("reference_tokens.fence.file.write_all", full)
        assert revoke_token(actor=OPERATOR, token_id=one.pk, now=timezone.now())


def test_run5_lines_that_wait_here_lack_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    one = token()
    hold(timezone.now())
    revoke_on_full_disk(one, monkeypatch)
    assert fence().lacking
    assert hold(timezone.now()).is_whole
    assert not fence().lacking


def test_run5_an_older_copy_does_not_append_what_it_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = token(), token()
    hold(timezone.now())
    revoke_on_full_disk(one, monkeypatch)
    of_the_copy = FenceLine.objects.get()
    revoke_on_full_disk(two, monkeypatch)
    FenceLine.objects.exclude(pk=of_the_copy.pk).delete()
    lacking = fence().lacking
    assert revoke_token(actor=OPERATOR, token_id=token().pk, now=timezone.now())
    assert not FenceLine.objects.exists()
    assert fence().lacking == lacking
    assert not hold(timezone.now()).is_whole
    # Said once: from now on this copy is all there is.
    assert not fence().lacking
    assert hold(timezone.now()).is_whole


def test_run5_a_line_whose_act_was_not_committed_lacks_until_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    one = token()
    hold(timezone.now())
    change_queue = noting.change_queue

    def lose(*told: Any) -> None:
        change_queue(*told)
        raise Interrupted

    monkeypatch.setattr(noting, "change_queue", lose)
    with pytest.raises(Interrupted):
        revoke_on_full_disk(one, monkeypatch)
    monkeypatch.setattr(noting, "change_queue", change_queue)
    assert fence().lacking
    hold(timezone.now())
    assert not fence().lacking


def test_t73_a_restore_revokes_every_token_where_lines_lack_be_it_the_second_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = token(), token()
    hold(timezone.now())
    backup = backup_in(tmp_path)
    revoke_on_full_disk(one, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "record_restore", interrupted)
        with pytest.raises(Interrupted):
            restored_from(backup)
    done = restored_from(backup)
    assert (done.is_covered, done.revoked) == (False, 2)
    assert AuditEvent.objects.get(action="instance:restore").details["fence"] == "none"
    assert ReferenceToken.objects.exclude(revoked_at=None).count() == len({one, two})
    # The next one knows all that happened since.
    assert restored_from(backup_in(tmp_path)).is_covered


def interrupted(*_told: object, **_more: object) -> None:
    raise Interrupted
