from __future__ import annotations

import pytest

from domain.errors import Fault, InvalidInput, Problem
from domain.levels import Announce, Dimension, Level, LevelSet, ScoreRange, table
from tests.domain.builders import ADA, CREATED, FOUR_LEVELS, NOW, TWO_LEVELS, a_level_set


@pytest.mark.parametrize(
    ("score", "name"),
    [
        (-2_000_000_000, None), (-1, None), (0, "Cold"), (24, "Cold"), (25, "Warm"), (49, "Warm"),
        (50, "Hot"), (74, "Hot"), (75, "Very Hot"), (2_000_000_000, "Very Hot"),
    ],
)  # fmt: skip
def test_both_bounds_of_a_level_belong_to_it(score: int, name: str | None) -> None:
    level = a_level_set(FOUR_LEVELS).level_of(score)

    assert (level.name if level else None) == name


@pytest.mark.parametrize(
    ("score", "name"), [(-2_000_000_000, "Low"), (9, "Low"), (10, None), (19, None), (20, "High")]
)
def test_a_score_in_a_gap_is_unclassified(score: int, name: str | None) -> None:
    level = a_level_set(table([Level("Low", None, 9), Level("High", 20, None)])).level_of(score)

    assert (level.name if level else None) == name


def test_a_set_without_levels_classifies_nothing() -> None:
    empty = a_level_set((), version=0)

    assert [empty.level_of(score) for score in (-1, 0, 1)] == [None, None, None]


@pytest.mark.parametrize("name", ["Very Hot", "very hot", "VERY HOT"])
def test_a_level_is_found_by_name_without_regard_to_case(name: str) -> None:
    assert a_level_set().named(name) == FOUR_LEVELS[-1]


@pytest.mark.parametrize("name", [None, "", "Very"])
def test_what_is_no_level_s_name_finds_none(name: str | None) -> None:
    assert a_level_set().named(name) is None


def test_the_next_set_counts_on_and_says_who_when_and_why() -> None:
    current = a_level_set(FOUR_LEVELS, 3, Dimension.PROFILE)

    following = current.next(TWO_LEVELS, ADA, NOW, "Simpler", 1)

    assert following == LevelSet(Dimension.PROFILE, 4, TWO_LEVELS, NOW, ADA, "Simpler", 1)
    assert current == LevelSet(Dimension.PROFILE, 3, FOUR_LEVELS, CREATED, ADA)


@pytest.mark.parametrize("announce", Announce)
def test_the_next_set_says_which_of_its_moves_automations_hear_of(announce: Announce) -> None:
    following = a_level_set().next(TWO_LEVELS, ADA, NOW, announce=announce)

    assert (following.announce, following.comment, following.reverted_from) == (announce, None, None)


def test_automations_hear_of_every_move_where_nothing_else_was_said() -> None:
    assert a_level_set().next(TWO_LEVELS, ADA, NOW).announce is Announce.ALL


@pytest.mark.parametrize("name", ["Very Hot", "very hot", " VERY HOT\n"])
def test_a_level_is_the_same_by_its_name_without_regard_to_case(name: str) -> None:
    assert Level(name, 0, 1, "#000000").key == FOUR_LEVELS[-1].key


@pytest.mark.parametrize("comment", [None, "c", "c" * 1_000])
def test_a_comment_has_at_most_1_000_characters(comment: str | None) -> None:
    assert a_level_set().next(TWO_LEVELS, ADA, NOW, comment).comment == comment


@pytest.mark.parametrize(("comment", "fault"), [("c" * 1_001, Fault.TOO_LONG), (" ", Fault.EMPTY)])
def test_a_comment_out_of_bounds_makes_no_next_set(comment: str, fault: Fault) -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_level_set().next(TWO_LEVELS, ADA, NOW, comment)

    assert [(problem.path, problem.fault) for problem in refusal.value.problems] == [(("comment",), fault)]


def test_levels_are_asked_for_by_name_as_ranges_of_scores() -> None:
    assert a_level_set().ranges(["very hot", "Cold"], "levels") == (ScoreRange(75, None), ScoreRange(0, 24))


def test_no_names_are_no_ranges() -> None:
    assert a_level_set().ranges([], "levels") == ()


def test_every_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_level_set(TWO_LEVELS).ranges(["Good", "Tepid", "Mild"], "profileLevels")

    assert refusal.value.problems == (
        Problem(("profileLevels",), Fault.UNKNOWN_LEVEL, ["Poor", "Good"], "Tepid"),
        Problem(("profileLevels",), Fault.UNKNOWN_LEVEL, ["Poor", "Good"], "Mild"),
    )


@pytest.mark.parametrize(
    ("scores", "inside", "outside"),
    [
        (ScoreRange(0, 9), [0, 9], [-1, 10]),
        (ScoreRange(None, 9), [-2_000_000_000, 9], [10]),
        (ScoreRange(0, None), [0, 2_000_000_000], [-1]),
    ],
)
def test_a_range_holds_both_its_ends(scores: ScoreRange, inside: list[int], outside: list[int]) -> None:
    assert all(score in scores for score in inside)
    assert not any(score in scores for score in outside)
