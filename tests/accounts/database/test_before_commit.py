"""What a transaction writes outside the database just before its commit: without it nothing is committed (RUN-5)."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.database.before_commit import before_commit
from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError, OSError, IntegrityError])
def test_run5_whatever_the_writing_raises_nothing_is_committed(error: type[BaseException]) -> None:
    def write(_texts: list[str]) -> None:
        raise error("in the middle")

    def act() -> None:
        with transaction.atomic():
            UserFactory.create()
            before_commit(write, ["a line"])

    done: list[str] = []
    with pytest.raises(error, match="in the middle"):
        act()
    assert not User.objects.filter(kind=User.Kind.PERSON).exists()
    assert connection.get_autocommit()
    with transaction.atomic():
        UserFactory.create()
        before_commit(done.extend, ["another"])
        transaction.on_commit(partial(done.append, "committed"))
    assert done == ["another", "committed"]
    assert User.objects.filter(kind=User.Kind.PERSON).count() == 1
