from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.levels import Level, ScoreRange, table
from domain.stretches import Stretch, stretches
from tests.domain.builders import FOUR_LEVELS, TWO_LEVELS, a_level_set
from tests.domain.strategies import OPEN, SCORE, Table, level_tables

EVERY = ScoreRange(None, None)
AROUND = (-SCORE, *range(-110, 211), SCORE)  # reaches past every bound of level_tables

tables_of_one_to_four = st.lists(level_tables(), min_size=1, max_size=4)


def drawn(found: tuple[Stretch, ...]) -> list[tuple[int | None, int | None, *tuple[str | None, ...]]]:
    """Each stretch as its two ends and the names of its levels."""
    return [
        (each.scores.min, each.scores.max, *(level.name if level else None for level in each.levels))
        for each in found
    ]


def test_one_table_cuts_where_its_levels_begin_and_end() -> None:
    assert drawn(stretches(table([Level("Cold", 0, 9), Level("Warm", 10, 19), Level("Hot", 30, 39)]))) == [
        (None, -1, None),
        (0, 9, "Cold"),
        (10, 19, "Warm"),
        (20, 29, None),
        (30, 39, "Hot"),
        (40, None, None),
    ]


def test_levels_with_open_ends_reach_to_the_ends_of_all_scores() -> None:
    assert drawn(stretches(table([Level("Cold", None, 0), Level("Hot", 1, None)]))) == [
        (None, 0, "Cold"),
        (1, None, "Hot"),
    ]


def test_a_level_of_all_scores_is_one_stretch() -> None:
    levels = table([Level("All", None, None)])

    assert stretches(levels) == (Stretch(EVERY, levels),)


def test_a_table_without_levels_leaves_all_scores_unclassified() -> None:
    assert stretches(()) == (Stretch(EVERY, (None,)),)


def test_without_tables_nothing_cuts_the_scores() -> None:
    assert stretches() == (Stretch(EVERY, ()),)


def test_a_level_of_a_single_score_is_a_stretch_of_its_own() -> None:
    assert drawn(stretches(table([Level("Zero", 0, 0)]))) == [
        (None, -1, None),
        (0, 0, "Zero"),
        (1, None, None),
    ]


def test_levels_that_reach_from_end_to_end_of_all_scores_are_cut_from_what_lies_beyond() -> None:
    assert drawn(stretches(table([Level("All", -SCORE, SCORE)]))) == [
        (None, -SCORE - 1, None),
        (-SCORE, SCORE, "All"),
        (SCORE + 1, None, None),
    ]


def test_two_tables_cut_wherever_either_changes_level_and_tell_the_levels_in_their_order() -> None:
    found = stretches(FOUR_LEVELS, TWO_LEVELS)

    assert drawn(found) == [
        (None, -1, None, "Poor"),
        (0, 9, "Cold", "Poor"),
        (10, 24, "Cold", "Good"),
        (25, 49, "Warm", "Good"),
        (50, 74, "Hot", "Good"),
        (75, None, "Very Hot", "Good"),
    ]


def test_a_table_that_repeats_another_cuts_nothing_more() -> None:
    once, thrice = stretches(FOUR_LEVELS), stretches(FOUR_LEVELS, FOUR_LEVELS, FOUR_LEVELS)

    assert [each.scores for each in thrice] == [each.scores for each in once]
    assert all(each.is_settled for each in thrice)


def test_three_tables_in_a_row_show_a_level_that_was_left_and_entered_again() -> None:
    changed = [each for each in stretches(FOUR_LEVELS, TWO_LEVELS, FOUR_LEVELS) if not each.is_settled]

    assert [each.scores for each in changed] == [each.scores for each in stretches(FOUR_LEVELS, TWO_LEVELS)]


@pytest.mark.parametrize(
    ("levels", "settled"),
    [
        pytest.param((Level("Warm", 0, 9),), True, id="one table"),
        pytest.param(
            (Level("Warm", 0, 9), Level("Warm", 5, None, "#000000", "Call", 3)), True, id="one name"
        ),
        pytest.param((Level("Warm", 0, 9), Level("WARM", 0, 9)), True, id="another case"),
        pytest.param((Level("Heiß", 0, 9), Level("HEISS", 0, 9)), True, id="another case in German"),
        pytest.param((None, None, None), True, id="unclassified throughout"),
        pytest.param((Level("Warm", 0, 9), Level("Hot", 0, 9)), False, id="another name"),
        pytest.param((None, Level("Hot", 0, 9)), False, id="unclassified before"),
        pytest.param((Level("Hot", 0, 9), None), False, id="unclassified after"),
        pytest.param((Level("Hot", 0, 9), None, Level("Hot", 0, 9)), False, id="unclassified between"),
    ],
)
def test_scores_are_settled_whose_level_has_one_name_throughout(
    levels: tuple[Level | None, ...], settled: bool
) -> None:
    assert Stretch(EVERY, levels).is_settled is settled


def test_a_level_renamed_in_another_case_moves_nobody() -> None:
    shouted = table(replace(level, name=level.name.upper()) for level in FOUR_LEVELS)

    assert all(each.is_settled for each in stretches(FOUR_LEVELS, shouted))


@OPEN
@given(st.lists(level_tables(), max_size=4))
def test_stretches_cover_every_score_once_and_in_order(tables: list[Table]) -> None:
    scores = [each.scores for each in stretches(*tables)]

    assert (scores[0].min, scores[-1].max) == (None, None)
    assert all(each.min is None or each.max is None or each.min <= each.max for each in scores)
    for lower, upper in pairwise(scores):
        assert lower.max is not None
        assert lower.max + 1 == upper.min


@OPEN
@given(tables_of_one_to_four)
def test_every_score_has_by_each_table_the_level_that_its_stretch_says(tables: list[Table]) -> None:
    found, sets = stretches(*tables), [a_level_set(levels) for levels in tables]

    for score in AROUND:
        (stretch,) = (each for each in found if score in each.scores)
        assert stretch.levels == tuple(each.level_of(score) for each in sets)


@OPEN
@given(tables_of_one_to_four)
def test_two_stretches_are_parted_by_a_change_of_level(tables: list[Table]) -> None:
    for lower, upper in pairwise(stretches(*tables)):
        assert lower.levels != upper.levels


@OPEN
@given(tables_of_one_to_four)
def test_a_stretch_is_settled_exactly_when_its_levels_have_one_name(tables: list[Table]) -> None:
    for stretch in stretches(*tables):
        names = {level.name.casefold() if level else None for level in stretch.levels}
        assert stretch.is_settled == (len(names) == 1)
