"""What holds of any levels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import LevelsOverlap
from domain.levels import Level, table
from tests.domain.builders import a_level_set
from tests.domain.strategies import OPEN, ends, level_tables

NEAR_ZERO = range(-11, 12)  # reaches past every bound of levels_near_zero


def levels_near_zero() -> st.SearchStrategy[Level]:
    levels = st.builds(Level, st.uuids().map(str), ends(-9, 9), ends(-9, 9))
    return levels.filter(lambda level: level.low <= level.high)


def overlap(levels: list[Level]) -> LevelsOverlap | None:
    try:
        table(levels)
    except LevelsOverlap as refusal:
        return refusal
    return None


@OPEN
@given(level_tables(), st.integers(-150, 250))
def test_every_score_lies_in_one_level_or_in_one_gap(levels: tuple[Level, ...], score: int) -> None:
    level_set = a_level_set(levels)
    holding = [level for level in levels if score in level.range]
    gaps = [gap for gap in level_set.gaps if score in gap]

    assert len(holding) + len(gaps) == 1
    assert level_set.level_of(score) == (holding[0] if holding else None)


@OPEN
@given(st.lists(levels_near_zero(), max_size=4))
def test_a_table_is_refused_exactly_when_two_levels_claim_a_score(levels: list[Level]) -> None:
    claims = [sum(score in level.range for level in levels) for score in NEAR_ZERO]

    assert (overlap(levels) is not None) == any(count > 1 for count in claims)


@OPEN
@given(levels_near_zero(), levels_near_zero())
def test_the_contested_scores_are_those_that_both_levels_claim(one: Level, two: Level) -> None:
    refusal = overlap([one, two])

    contested = [score for score in NEAR_ZERO if refusal and score in refusal.contested]
    assert contested == [score for score in NEAR_ZERO if score in one.range and score in two.range]
