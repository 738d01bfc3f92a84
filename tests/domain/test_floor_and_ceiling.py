from __future__ import annotations

import pytest

from domain.history import ScorePart, Suppression
from tests.domain.builders import (
    a_lead,
    a_rule,
    adjusted,
    moved,
    recorded,
    scoring,
)


def test_the_floor_takes_from_the_losing_parts_the_last_first() -> None:
    rules = tuple(a_rule(points, f"r{at}") for at, points in enumerate((-8, 5, -10, -4, 1)))

    lead, entry = moved(a_lead(6), recorded(), scoring(*rules, floor=0))

    assert [(part.points, part.suppressed) for part in entry.parts] == [
        (-8, None), (5, None), (-4, Suppression.FLOOR), (0, Suppression.FLOOR), (1, None)
    ]  # fmt: skip
    assert (entry.delta, lead.engagement.score) == (-6, 0)


def test_the_ceiling_takes_from_the_winning_parts_the_last_first() -> None:
    rules = tuple(a_rule(points, f"r{at}") for at, points in enumerate((8, -5, 10, 4, -1)))

    lead, entry = moved(a_lead(94), recorded(), scoring(*rules, ceiling=100))

    assert [(part.points, part.suppressed) for part in entry.parts] == [
        (8, None), (-5, None), (4, Suppression.CEILING), (0, Suppression.CEILING), (-1, None)
    ]  # fmt: skip
    assert (entry.delta, lead.engagement.score) == (6, 100)


@pytest.mark.parametrize(
    ("delta", "given", "suppressed"),
    [
        (-50, -50, None),
        (-51, -50, Suppression.FLOOR),
        (50, 50, None),
        (51, 50, Suppression.CEILING),
    ],
)
def test_a_bound_may_be_reached_but_not_passed_by_a_single_point(
    delta: int, given: int, suppressed: Suppression | None
) -> None:
    _, entry = moved(a_lead(50), adjusted(delta), scoring(floor=0, ceiling=100))

    assert entry.parts == (ScorePart(None, "Adjustments", given, suppressed),)


def test_a_floor_below_zero_is_held() -> None:
    lead, entry = moved(a_lead(10), adjusted(-50), scoring(floor=-20))

    assert (lead.engagement.score, entry.delta) == (-20, -30)


def test_without_a_floor_a_score_falls_below_zero() -> None:
    lead, _ = moved(a_lead(10), adjusted(-1_000_000), scoring(floor=None))

    assert lead.engagement.score == -999_990


@pytest.mark.parametrize(
    ("score", "delta", "after"), [(-20, -5, -20), (-20, 5, -15), (150, 5, 150), (150, -5, 145)]
)
def test_a_score_outside_moves_back_but_never_further(score: int, delta: int, after: int) -> None:
    lead, entry = moved(a_lead(score), adjusted(delta), scoring(floor=0, ceiling=100))

    assert lead.engagement.score == after
    assert (entry.parts[0].suppressed is None) == (after != score)


def test_a_score_never_passes_two_thousand_million() -> None:
    lead, entry = moved(a_lead(1_999_999_999), adjusted(1_000_000), scoring())

    assert (lead.engagement.score, entry.parts[0].suppressed) == (2_000_000_000, Suppression.CEILING)
