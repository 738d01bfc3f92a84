from __future__ import annotations

from datetime import timedelta

import pytest

from domain.changes import AdjustScore, RecordActivity
from domain.errors import Fault, InvalidInput, Problem
from domain.levels import Dimension
from tests.domain.builders import ADA, NOW, an_activity


@pytest.mark.parametrize("key", [None, "k", "k" * 255])
def test_an_activity_within_bounds_may_be_recorded(key: str | None) -> None:
    activity = an_activity("A" * 64, NOW + timedelta(days=1), {"a": "x" * 99_992}, key)

    assert RecordActivity(ADA, activity).key == key


@pytest.mark.parametrize("key", ["", " ", "k" * 256])
def test_an_activity_s_key_has_1_to_255_characters(key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        RecordActivity(ADA, an_activity(key=key))

    assert [problem.path for problem in refusal.value.problems] == [("activity", "key")]


def test_an_activity_out_of_bounds_tells_everything_that_is_wrong() -> None:
    ahead = NOW + timedelta(days=1, microseconds=1)
    with pytest.raises(InvalidInput) as refusal:
        RecordActivity(ADA, an_activity("clicked", ahead, {"$set": 1}, " "))

    assert [(problem.path, problem.fault) for problem in refusal.value.problems] == [
        (("activity", "kind"), Fault.NOT_UPPER_SNAKE),
        (("activity", "properties", "'$set'"), Fault.NOT_STORABLE),
        (("activity", "occurredAt"), Fault.TOO_FAR_AHEAD),
        (("activity", "key"), Fault.EMPTY),
    ]


def test_an_activity_is_held_to_the_moment_it_was_received() -> None:
    late = RecordActivity(ADA, an_activity(occurred_at=NOW - timedelta(days=10_000)))

    assert late.activity.received_at == NOW


@pytest.mark.parametrize("delta", [-1_000_000, -1, 1, 1_000_000])
def test_an_adjustment_within_bounds_may_be_made(delta: int) -> None:
    change = AdjustScore(ADA, Dimension.PROFILE, delta, "r" * 1_000, "k" * 255)

    assert (change.delta, change.key) == (delta, "k" * 255)


@pytest.mark.parametrize(
    ("delta", "fault"),
    [(0, Fault.ZERO), (1_000_001, Fault.OUT_OF_RANGE), (-1_000_001, Fault.OUT_OF_RANGE)],
)
def test_an_adjustment_is_of_1_to_a_million_points(delta: int, fault: Fault) -> None:
    with pytest.raises(InvalidInput) as refusal:
        AdjustScore(ADA, Dimension.ENGAGEMENT, delta)

    assert [(problem.path, problem.fault) for problem in refusal.value.problems] == [(("delta",), fault)]


def test_an_adjustment_s_reason_and_key_are_bounded() -> None:
    with pytest.raises(InvalidInput) as refusal:
        AdjustScore(ADA, Dimension.ENGAGEMENT, 1, "r" * 1_001, "k" * 256)

    assert refusal.value.problems == (
        Problem(("reason",), Fault.TOO_LONG, 1_000, 1_001),
        Problem(("key",), Fault.TOO_LONG, 255, 256),
    )
