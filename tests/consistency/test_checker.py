"""What the checker says of histories written by hand: which answers some order explains, and which none does."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import Any

import pytest

from tests.consistency.checker import by_token, first_unexplained, parts_of
from tests.consistency.clocks import Clock
from tests.consistency.explanation import lines, shortest
from tests.consistency.history import ANY_TIME, Operation
from tests.consistency.run import judged
from tests.consistency.state import State
from tests.consistency.world import World

pytestmark = pytest.mark.once

BOTH = ["read", "update"]
START = State(enabled=True, policy="AdministratorsOnly", scopes=frozenset(BOTH), owner=True)
AS_MADE = {"enabled": True, "policy": "AdministratorsOnly", "scopes": BOTH}
LATE = 10_000.0
OUT = {"status": 200, "active": False}


class History:
    """Operations one after the other, a second each, unless a time is given; the clock tells the same seconds."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._numbers = count()

    def __call__(
        self, act: str, answer: dict[str, Any] | None = None, at: tuple[float, float] | None = None, **about: Any
    ) -> History:
        """The same with this operation too; without an answer nothing is known of it."""
        number = next(self._numbers)
        called, returned = at or (float(number), number + 0.5)
        clock = (called, returned) if answer else ANY_TIME
        operation = Operation(number, number, act, about, called, returned if answer else inf, "one", clock, answer)
        self.operations.append(operation)
        return self

    def issued(self, name: str = "T", scopes: list[str] = BOTH, ends: float = LATE, key: str = "") -> History:
        return self("issue", {"status": 201, "id": name}, key=key or name, scopes=scopes, expires_at=ends)

    def shown(self, answer: dict[str, Any], at: tuple[float, float] | None = None, token: str = "T") -> History:
        return self("validate", answer, at, token=token)

    def done(self, act: str, status: int = 200, at: tuple[float, float] | None = None, **about: Any) -> History:
        return self(act, {"status": status}, at, **about)

    def revoked(self, at: tuple[float, float] | None = None, token: str = "T", old: list[str] | None = None) -> History:
        return self("revoke", {"status": 200, "old_values": old or []}, at, token=token)

    def rotated(self, old: str, new: str, overlap: int, previous: float, scopes: list[str] = BOTH) -> History:
        told = {"status": 201, "id": new, "scopes": scopes, "expires_at": LATE, "previous": previous}
        return self("rotate", told, token=old, overlap=overlap)

    @property
    def is_explained(self) -> bool:
        """Whether it is as a whole, and token by token."""
        whole = first_unexplained(self.operations, START) is None
        parts = all(first_unexplained(part, START) is None for part in by_token(self.operations))
        # A part may not tell that many were done by halves; it never finds more than the whole does.
        assert parts or not whole
        return whole


def good(scopes: list[str] = BOTH, ends: float = LATE) -> dict[str, Any]:
    return {"status": 200, "active": True, "scopes": scopes, "expires_at": ends}


def out(why: str) -> dict[str, Any]:
    return OUT | {"reason": why}


EXPLAINED = {
    "a life": History().issued().shown(good()).revoked().shown(out("revoked")),
    "asked while it is revoked": History()
    .issued()
    .revoked(at=(2, 4))
    .shown(good(), at=(2.5, 3))
    .shown(OUT, at=(2.6, 3))
    .shown(good(), at=(2.4, 2.55)),
    "a revocation without an answer, late": History()
    .issued()("revoke", None, token="T")
    .shown(good())
    .shown(good())
    .shown(OUT),
    "one without an answer, never": History().issued()("revoke", None, token="T").shown(good()),
    "suspended and resumed": History()
    .issued()
    .done("suspend", token="T")
    .shown(OUT)
    .done("resume", token="T")
    .shown(good()),
    "ended by time": History().issued(ends=2).shown(good(ends=2)).shown(out("expired"), at=(2, 2.4)).shown(OUT),
    "either, while the second passes": History()
    .issued(ends=2)
    .shown(good(ends=2), at=(1, 2.5))
    .shown(OUT, at=(1.5, 2.5)),
    "an overlap": History().issued().rotated("T", "U", 2, 3).shown(good(ends=3)).shown(OUT).shown(good(), token="U"),
    "an overlap of none": History().issued().rotated("T", "U", 0, 1).shown(out("revoked")),
    "the newest with its old values": History()
    .issued()
    .rotated("T", "U", 3600, 3601)
    .revoked(token="U", old=["T"])
    .shown(out("revoked")),
    "an old value alone": History().issued().rotated("T", "U", 3600, 3601).revoked().shown(good(), token="U"),
    "rotated once": History().issued().rotated("T", "U", 3600, 3601)("rotate", {"status": 409}, token="T", overlap=0),
    "scopes of the application": History()
    .issued()("change", {"status": 200}, read=AS_MADE, policy="None", scopes=["read"])
    .shown(good(["read"])),
    "closed by policy": History()("change", {"status": 200}, read=AS_MADE, policy="None", scopes=BOTH)(
        "issue", {"status": 409}, key="U", scopes=BOTH, expires_at=LATE
    ),
    "changed meanwhile": History().done("disable")("change", {"status": 412}, read=AS_MADE, policy="None", scopes=BOTH)(
        "read", {"status": 200, **AS_MADE, "enabled": False}
    ),
    "changed to what it is": History()
    .done("change", read=AS_MADE, policy="None", scopes=BOTH)
    .done("change", read=AS_MADE, policy="None", scopes=BOTH),
    "off and on": History()
    .issued()
    .done("disable")
    .shown(out("application_disabled"))
    .done("deactivate")
    .done("enable")
    .shown(out("holder_inactive"))
    .done("reactivate")
    .shown(good()),
    "the same key": History().issued(key="k")(
        "issue", {"status": 409, "id": "T"}, key="k", scopes=BOTH, expires_at=LATE
    ),
    "the same key, of a lost answer": History()("issue", None, key="k", scopes=BOTH, expires_at=LATE)(
        "issue", {"status": 409, "id": "T"}, key="k", scopes=BOTH, expires_at=LATE
    ),
    "many": History().issued("T").issued("U").done("revoke_many", tokens=["T", "U"], expected=2).shown(OUT),
    "not as many": History()
    .issued("T")
    .issued("U")
    .revoked()("revoke_many", {"status": 409}, tokens=["T", "U"], expected=2)
    .shown(good(), token="U"),
    "ended for a token itself": History().issued().done("revoke", 204, token="T").done("revoke", 401, token="T"),
}
CONTRADICTORY = {
    "a cache": History().issued().shown(good()).revoked().shown(good()),
    "a revocation after its answer": History().issued().revoked(at=(2, 3)).shown(good(), at=(3.1, 3.2)).shown(OUT),
    "a token lost": History().issued().shown(OUT),
    "revived": History().issued().done("suspend", token="T").revoked().done("resume", token="T").shown(good()),
    "out and in again": History().issued()("revoke", None, token="T").shown(OUT).shown(good()),
    "the wrong reason": History().issued().done("disable").shown(out("suspended")),
    "too long": History().issued(ends=2).shown(good(ends=2), at=(2.1, 2.4)),
    "too short": History().issued(ends=9).shown(OUT),
    "an overlap that never ends": History().issued().rotated("T", "U", 2, 3).shown(good(), at=(3.5, 4)),
    "an overlap that is longer than asked": History().issued().rotated("T", "U", 2, 99),
    "rotated twice": History().issued().rotated("T", "U", 9, 10).rotated("T", "V", 9, 11),
    "an old value left": History().issued().rotated("T", "U", 3600, 3601).revoked(token="U"),
    "a wider scope": History().issued(scopes=["read"]).shown(good()),
    "a lost update": History()("change", {"status": 200}, read=AS_MADE, policy="None", scopes=BOTH)(
        "change", {"status": 200}, read=AS_MADE, policy="AuthenticatedUsers", scopes=["read"]
    ),
    "settings of before": History().done("disable")("read", {"status": 200, **AS_MADE}),
    "issued though closed": History()("change", {"status": 200}, read=AS_MADE, policy="None", scopes=BOTH).issued(),
    "refused though open": History()("issue", {"status": 409}, key="k", scopes=BOTH, expires_at=LATE),
    "a double issue": History().issued("T", key="k").issued("U", key="k"),
    "one of many left": History()
    .issued("T")
    .issued("U")
    .done("revoke_many", tokens=["T", "U"], expected=2)
    .shown(good(), token="U"),
    "many by halves": History()
    .issued("T")
    .issued("U")("revoke_many", None, tokens=["T", "U"], expected=2)
    .shown(OUT)
    .shown(good(), token="U"),
    "a disabled application": History().issued().done("disable").shown(good()),
    "an owner who left": History().issued().done("deactivate").shown(good()),
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_val2_what_some_order_explains_is_no_anomaly(name: str) -> None:
    assert EXPLAINED[name].is_explained


@pytest.mark.parametrize("name", CONTRADICTORY)
def test_val2_what_no_order_explains_is_found(name: str) -> None:
    assert not CONTRADICTORY[name].is_explained


def test_val2_an_explanation_holds_what_contradicts_and_nothing_else() -> None:
    history = History().issued().done("disable").done("enable").shown(good()).issued("U").revoked().shown(good())
    told = shortest(history.operations, START)
    assert [each.act for each in told] == ["issue", "revoke", "validate"]
    assert [line.split(": ")[1] for line in lines(told)] == [
        "client 0 at one",
        "client 5 at one",
        "client 6 at one",
    ]


def test_val2_an_explanation_keeps_the_rotation_of_what_it_is_about() -> None:
    history = History().issued().rotated("T", "U", 2, 3).issued("V").shown(good(), at=(3.5, 4))
    assert [each.act for each in shortest(history.operations, START)] == ["issue", "rotate", "validate"]


def test_val2_a_world_of_which_much_is_not_known_is_judged_by_token() -> None:
    history = History().issued("T").issued("U")
    for _number in range(5):
        history("suspend", None, token="U")
    assert len(parts_of(history.operations)) == 3
    history.revoked().shown(good())
    world = World(None, "", "", operations=history.operations)  # type: ignore[arg-type]
    (anomaly,), undecided = judged(world)
    assert (anomaly.count("\n"), undecided) == (2, 0)


def test_tok5_a_clock_may_have_told_any_time_between_its_steps(tmp_path: Any) -> None:
    clock = Clock(tmp_path)
    began = clock._steps[0][0]
    before = clock.told(began + 0.001, began + 1.001)
    assert before[1] - before[0] == pytest.approx(1, abs=0.01)
    clock.step(90)
    stepped = clock._steps[-1][1]
    across = clock.told(stepped - 1, stepped + 1)
    assert across[1] - across[0] == pytest.approx(92, abs=0.01)
    after = clock.told(stepped + 1, stepped + 2)
    assert after[1] - after[0] == pytest.approx(1, abs=0.01)
    assert clock.told(began, inf) == ANY_TIME
