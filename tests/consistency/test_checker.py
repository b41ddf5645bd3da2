"""What the checker says of histories written by hand: which answers some order explains, and which none does."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from tests.consistency.by_hand import AS_MADE, BOTH, LATE, LATER, OUT, START, History, good, out
from tests.consistency.clocks import Clock
from tests.consistency.explanation import lines, shortest
from tests.consistency.figures import row_of
from tests.consistency.history import ANY_TIME
from tests.consistency.run import Run, judged
from tests.consistency.world import World

pytestmark = pytest.mark.once

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
    "resumed, and revoked meanwhile": History()
    .issued()
    .done("suspend", token="T")
    .done("resume", at=(2, 5), token="T")
    .revoked(at=(3, 4))
    .shown(out("revoked"), at=(4.5, 4.6)),
    "a revoked token that is not resumed": History().issued().revoked().done("resume", 409, token="T"),
    "either, while the second passes": History()
    .issued(ends=2)
    .shown(good(ends=2), at=(1, 2.5))
    .shown(OUT, at=(1.5, 2.5)),
    "an overlap": History()
    .issued()
    .rotated("T", "U", 2, 3)
    .shown(good(ends=3))
    .shown(OUT)
    .shown(good(ends=LATER), token="U"),
    "an overlap of none": History().issued().rotated("T", "U", 0, 1).shown(out("revoked")),
    "the newest with its old values": History()
    .issued()
    .rotated("T", "U", 3600, 3601)
    .revoked(token="U", old=["T"])
    .shown(out("revoked")),
    "an old value alone": History().issued().rotated("T", "U", 3600, 3601).revoked().shown(good(ends=LATER), token="U"),
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
    .revoked()("revoke_many", {"status": 409, "count": 1}, tokens=["T", "U"], expected=2)
    .shown(good(), token="U"),
    "ended for a token itself": History().issued().done("revoke", 204, token="T").done("revoke", 401, token="T"),
    "let in, and suspended before it revokes itself": History()
    .issued()
    .done("revoke", 204, at=(2, 4), token="T")
    .done("suspend", at=(2.5, 3), token="T")
    .shown(out("suspended"), at=(3.1, 3.2)),
    "a life as long as that of the old value": History()
    .issued()("disable", {"status": 200}, at=(1, 2))("enable", {"status": 200}, at=(3, 4))
    .rotated("T", "U", 0, 3.2, ends=LATE + 3),
    "several at once": History().issued().issued("U").revoked(token="U").shown(good(others=[("U", OUT)])),
}
CONTRADICTORY = {
    "a cache": History().issued().shown(good()).revoked().shown(good()),
    "a revocation after its answer": History().issued().revoked(at=(2, 3)).shown(good(), at=(3.1, 3.2)).shown(OUT),
    "a token lost": History().issued().shown(OUT),
    "revived": History().issued().done("suspend", token="T").revoked()("resume", None, token="T").shown(good()),
    "a revoked token that is resumed": History().issued().revoked().done("resume", token="T"),
    "out and in again": History().issued()("revoke", None, token="T").shown(OUT).shown(good()),
    "the wrong reason": History().issued().done("disable").shown(out("suspended")),
    "too long": History().issued(ends=2).shown(good(ends=2), at=(2.1, 2.4)),
    "too short": History().issued(ends=9).shown(OUT),
    "an overlap that never ends": History().issued().rotated("T", "U", 2, 3).shown(good(), at=(3.5, 4)),
    "an overlap that is longer than asked": History().issued().rotated("T", "U", 2, 99),
    "rotated twice": History().issued().rotated("T", "U", 9, 10).rotated("T", "V", 9, 11, ends=LATE + 2),
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
    "off for one and on for another": History()
    .issued("T")
    .issued("U")("disable", None)
    .shown(out("application_disabled"))
    .shown(good(), token="U"),
    "a mortal token that never expires": History().issued().shown(good(ends=None)),
    "a suspended token that revokes itself": History()
    .issued()
    .done("suspend", token="T")
    .done("revoke", 204, token="T"),
    "a revoked token that revokes itself": History().issued().revoked().done("revoke", 204, token="T"),
    "a token of a disabled application that revokes itself": History()
    .issued()
    .done("disable")
    .done("revoke", 204, token="T"),
    "a new value that lives for a thousand years": History().issued().rotated("T", "U", 9, 10, ends=LATE * 3_000_000),
    "a new value that lives a second longer": History().issued().rotated("T", "U", 9, 10, ends=LATER + 1),
    "a new value that never expires": History().issued().rotated("T", "U", 9, 10, ends=None),
    "an old value that never expires": History().issued().rotated("T", "U", 9, None),
    "issued after its end": History().done("disable").done("enable").issued(ends=1),
    "not as many as are told": History()
    .issued("T")
    .issued("U")
    .revoked()("revoke_many", {"status": 409, "count": 2}, tokens=["T", "U"], expected=3),
    "good in the midst of a batch": History()
    .issued()
    .issued("U")
    .revoked(token="U")
    .shown(good(others=[("U", good(id="U"))])),
    "another token than was shown": History().issued().issued("U").shown(good(id="U")),
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


def test_val2_an_explanation_keeps_the_issue_that_contradicts_wherever_it_stands_in_the_list() -> None:
    history = History().done("disable").issued(ends=LATE)
    history.operations.reverse()
    assert [each.act for each in shortest(history.operations, START)] == ["issue", "disable"]


def world_of(history: History) -> World:
    return World(None, "", "", operations=history.operations)  # type: ignore[arg-type]


def test_val2_the_order_between_tokens_counts_however_much_is_not_known() -> None:
    history = History().issued("T").issued("U").issued("V")
    for _number in range(6):
        history("suspend", None, token="V")
    history("disable", None).shown(out("application_disabled")).shown(good(), token="U")
    judgement = judged(world_of(history))
    assert (len(judgement.anomalies), judgement.is_by_token, judgement.undecided) == (1, False, 0)


def test_val2_of_acts_that_are_alike_it_matters_only_how_many_were_done() -> None:
    history = History().issued()
    for act in ["disable", "enable", "deactivate", "reactivate"] * 5:
        history(act, None)
    history.shown(out("application_disabled")).shown(good()).revoked().shown(good())
    judgement = judged(world_of(history))
    assert (len(judgement.anomalies), judgement.is_by_token) == (1, False)


def test_val2_a_world_that_is_too_much_as_a_whole_is_judged_by_token_and_counted() -> None:
    history = History()
    names = [f"T{number}" for number in range(16)]
    for name in names:
        history.issued(name)
    for name in names:
        history("suspend", None, token=name)
    history.revoked(token=names[0]).shown(good(), token=names[0])
    outcome = Run("SQLite")
    outcome.take(world_of(history))
    (anomaly,) = outcome.anomalies
    assert anomaly.count("\n") == 2
    assert "1 anomalies, 1 worlds judged by token alone, 0 parts undecided" in outcome.told()
    assert "| 1; 1 worlds judged by token alone |" in row_of(outcome)


def test_val2_a_run_that_left_a_part_undecided_ends_neither_well_nor_with_an_anomaly() -> None:
    statuses = [Run("SQLite").status, Run("SQLite", undecided=1).status, Run("SQLite", anomalies=["one"]).status]
    assert statuses == [0, 3, 1]
    assert Run("SQLite", anomalies=["one"], undecided=1).status == 1


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
