"""The soak can fail: what a board may be told wrong, a ledger may lose, or a server may say, is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.soak.changes import Change
from tests.soak.history import Entry, Truth
from tests.soak.pages import name_of
from tests.soak.pageviews import BoardView
from tests.soak.tenants import Json
from tests.soak.verdict import changes, complaints, sums
from tests.soak.views import TierView
from tests.soak.wire import is_fatal

ENTRIES = [
    Entry(
        "ada",
        "ada",
        "ENGAGEMENT",
        version,
        delta,
        score,
        tier_changed=True,
        key=f"w-{version}",
        touched=frozenset(),
    )
    for version, delta, score in [(1, 30, 30), (2, -30, 0), (3, 55, 55), (4, -55, 0)]
]
LEVELS = {30: "Hot", 0: "Cold", 55: "Very Hot"}
TRUTH = Truth({("ada", "ENGAGEMENT"): ("Cold", 0), ("ada", "PROFILE"): ("Cold", 0)}, {"ada": ENTRIES})
WRITTEN = [Change(each.key or "", each.lead, each.dimension, each.delta) for each in ENTRIES]


def leads(version: int) -> Json:
    """The leads as they were read at that version."""
    score = ENTRIES[version - 1].score if version else 0
    standing = {"score": score, "level": {"name": LEVELS[score]}}
    profile = {"score": 0, "level": {"name": "Cold"}}
    node = {"id": "ada", "externalId": "ada", "version": version, "engagement": standing, "profile": profile}
    return {"edges": [{"node": node}]}


def update(*versions: int, cursor: str | None = None) -> Json:
    """A frame with the changes to these versions."""
    told = [ENTRIES[version - 1] for version in versions]
    return {
        "__typename": "TierChanges",
        "cursor": cursor or f"8{versions[-1]}",
        "changes": [
            {
                "lead": {"id": "ada"},
                "version": each.version,
                "dimension": each.dimension,
                "score": each.score,
                "to": {"name": LEVELS[each.score]},
            }
            for each in told
        ],
    }


def resync(cursor: str) -> Json:
    return {"__typename": "ResyncRequired", "reason": "a test", "cursor": cursor}


def board(*steps: Json) -> list[str]:
    """What is wrong with a board that has begun, and was told or has read all that."""
    view = TierView("ENGAGEMENT")
    view.variables()
    for step in steps:
        if "edges" in step:
            view.read(step)
        else:
            view.told(step)
    return [*view.faults(TRUTH)]


@pytest.mark.parametrize(
    "steps",
    [
        [leads(4)],
        [leads(0), update(1, 2), update(3, 4)],
        [update(1), update(2), leads(2), update(3), update(4)],
        [update(1, 2), leads(4), update(3, 4)],
        [leads(0), update(1), resync("82"), leads(2), update(3, 4)],
        [leads(0), update(1), resync("84"), leads(4)],
    ],
)
def test_a_board_that_was_told_everything_is_right(steps: list[Json]) -> None:
    assert board(*steps) == []


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([leads(0), update(1, 2, 4)], "missed [3]"),
        ([leads(0), update(2, 3, 4)], "missed [1]"),
        ([leads(0), update(2), resync("83"), update(4), leads(3)], "missed [1]"),
        ([leads(0), update(1, 2), update(2, 3, 4, cursor="84")], "repeated or made up"),
        (
            [leads(0), update(1), update(3), update(2, cursor="84"), update(4, cursor="85")],
            "told [1, 3, 2, 4]",
        ),
        ([leads(0), update(1, 2, 3)], "shows Very Hot of version 3, but it is Cold"),
        ([leads(2)], "missed [3, 4]"),
        ([leads(0), update(1, 2), resync("83")], "is not read"),
        ([leads(0), update(1, 2, cursor="84"), update(3, 4, cursor="83")], "a cursor went back"),
        ([update(1, 2, 3, 4)], "is not read"),
    ],
)
def test_a_board_that_was_not_is_found_out(steps: list[Json], words: str) -> None:
    assert words in str(board(*steps))


def test_a_change_that_is_lost_or_counted_twice_is_found() -> None:
    doubled = Truth(TRUTH.badges, {"ada": [*ENTRIES, replace(ENTRIES[0], version=5)]})

    assert [*changes(WRITTEN, TRUTH)] == []
    assert "is lost" in str([*changes([*WRITTEN, replace(WRITTEN[0], key="w-5")], TRUTH)])
    assert "not once as it was sent" in str([*changes(WRITTEN, doubled)])
    assert "not once as it was sent" in str([*changes(WRITTEN[1:], TRUTH)])


def test_a_score_that_is_not_the_sum_of_its_history_is_found() -> None:
    wrong = Truth({("ada", "ENGAGEMENT"): ("Cold", 1)}, TRUTH.entries)

    assert [*sums(TRUTH)] == []
    assert "the score is 1, its history comes to 0" in str([*sums(wrong)])


def test_a_bug_that_was_logged_is_found() -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\n'

    assert complaints(f"{trace}ValueError: no\n") == ["ValueError: no"]
    assert complaints('{"event": "an operation failed", "level": "error"}\n') != []
    assert complaints(f"{trace}starlette.requests.ClientDisconnect\n") == [
        "starlette.requests.ClientDisconnect"
    ]


@pytest.mark.parametrize("code", [4500, 4400, 4401, 4409, 4429, 1002, 1008, 1011, 1015])
def test_a_close_after_which_clients_stay_away_is_fatal(code: int) -> None:
    assert is_fatal(code)


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1012, 1013, 4403, 4408])
def test_a_close_after_which_clients_come_back_is_not(code: int) -> None:
    assert not is_fatal(code)


ASKED: Json = {"first": 2}


def lead(name: str, version: int = 1) -> Json:
    return {"id": name, "version": version}


def placed(*leads: tuple[int, Json]) -> list[Json]:
    return [{"position": position, "lead": each} for position, each in leads]


def snapshot(*leads: Json) -> Json:
    return {"__typename": "BoardSnapshot", "entries": placed(*enumerate(leads))}


def delta(left: list[str], entered: list[Json], updated: list[Json]) -> Json:
    return {"__typename": "BoardDelta", "left": left, "entered": entered, "updated": updated}


def page(*steps: Json) -> list[str]:
    """What is wrong with a board that was told all that, where the query shows the second version of b, then a."""
    view = BoardView(ASKED)
    view.variables()
    for step in steps:
        view.told(step)
    return [*view.faults(Truth({}, {}, {name_of(ASKED): [lead("b", 2), lead("a")]}))]


@pytest.mark.parametrize(
    "steps",
    [
        [snapshot(lead("b", 2), lead("a"))],
        [snapshot(lead("a"), lead("b")), delta([], [], placed((0, lead("b", 2))))],
        [snapshot(lead("a"), lead("c")), delta(["c"], placed((0, lead("b", 2))), [])],
        [snapshot(lead("c")), snapshot(lead("b", 2), lead("a"))],
    ],
)
def test_a_page_that_was_told_everything_is_right(steps: list[Json]) -> None:
    assert page(*steps) == []


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "shows None"),
        ([snapshot(lead("b", 2))], "but it is"),
        ([snapshot(lead("a"), lead("b", 2))], "but it is"),
        ([snapshot(lead("b"), lead("a"))], "but it is"),
        ([snapshot(lead("b", 3), lead("a")), snapshot(lead("b", 2), lead("a"))], "went back"),
        ([snapshot(lead("b", 2)), delta([], placed((0, lead("c")), (1, lead("a"))), [])], "showed 3 of 2"),
        ([delta([], placed((0, lead("b", 2)), (1, lead("a"))), [])], "before a snapshot"),
    ],
)
def test_a_page_that_was_not_is_found_out(steps: list[Json], words: str) -> None:
    assert words in str(page(*steps))
