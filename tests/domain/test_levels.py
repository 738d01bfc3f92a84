from __future__ import annotations

import pytest

from domain.errors import Fault, InvalidInput, LevelsOverlap, Problem
from domain.levels import PALETTE, Level, ScoreRange, table
from tests.domain.builders import a_level_set, names, stairs


def test_a_table_is_sorted_and_ranked_from_the_lowest() -> None:
    levels = table([Level("Hot", 50, None), Level("Cold", None, 0), Level("Warm", 10, 49)])

    assert [(level.name, level.rank) for level in levels] == [("Cold", 1), ("Warm", 2), ("Hot", 3)]


def test_a_level_has_no_rank_until_it_stands_in_a_table() -> None:
    assert Level("Hot", 50, None).rank == 0


def test_a_table_may_be_empty() -> None:
    assert table([]) == ()


def test_a_table_keeps_names_without_the_blanks_around_them() -> None:
    assert names(table([Level("  Very Hot\n", 0, None, motion=" Call ")])) == ["Very Hot"]


@pytest.mark.parametrize("name", ["Warm", "WARM", " warm ", "wARM\t"])
def test_names_in_a_table_are_unique_without_regard_to_case(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        table([Level("Cold", 0, 9), Level("Warm", 10, 19), Level(name, 20, 29)])

    assert refusal.value.problems == (Problem(("levels", "2", "name"), Fault.DUPLICATE, actual=name),)


def test_names_are_compared_as_people_read_them_in_any_script() -> None:
    with pytest.raises(InvalidInput) as refusal:
        table([Level("Heiß", 0, 9), Level("HEISS", 10, 19)])

    assert [problem.fault for problem in refusal.value.problems] == [Fault.DUPLICATE]


def test_levels_that_only_touch_do_not_overlap() -> None:
    assert names(table([Level("Cold", 0, 24), Level("Warm", 25, 49)])) == ["Cold", "Warm"]


@pytest.mark.parametrize(
    ("first", "second", "contested"),
    [
        pytest.param((0, 25), (25, 49), (25, 25), id="one score"),
        pytest.param((0, 30), (25, 49), (25, 30), id="a few scores"),
        pytest.param((0, 99), (25, 49), (25, 49), id="one inside the other"),
        pytest.param((0, 49), (25, 49), (25, 49), id="the same end"),
        pytest.param((0, 9), (0, 9), (0, 9), id="the same range"),
        pytest.param((0, 9), (0, 5), (0, 5), id="the same beginning"),
        pytest.param((0, None), (25, None), (25, None), id="both open at the top"),
        pytest.param((0, None), (25, 49), (25, 49), id="the lower open at the top"),
        pytest.param((None, 9), (None, 5), (None, 5), id="both open at the bottom"),
        pytest.param((None, 9), (5, None), (5, 9), id="open at either end"),
        pytest.param((None, None), (0, 9), (0, 9), id="one open at both ends"),
        pytest.param((None, None), (None, None), (None, None), id="both open at both ends"),
    ],
)
def test_an_overlap_names_both_levels_and_the_contested_scores(
    first: tuple[int | None, int | None],
    second: tuple[int | None, int | None],
    contested: tuple[int | None, int | None],
) -> None:
    with pytest.raises(LevelsOverlap) as refusal:
        table([Level("First", *first), Level("Second", *second)])

    assert (refusal.value.first.name, refusal.value.second.name) == ("First", "Second")
    assert refusal.value.contested == ScoreRange(*contested)


def test_an_overlap_names_the_lower_level_first_however_they_were_given() -> None:
    with pytest.raises(LevelsOverlap) as refusal:
        table([Level("Hot", 50, None), Level("Cold", 0, 24), Level("Warm", 20, 30)])

    assert (refusal.value.first.name, refusal.value.second.name) == ("Cold", "Warm")
    assert refusal.value.contested == ScoreRange(20, 24)


def test_a_wide_level_over_several_is_an_overlap() -> None:
    with pytest.raises(LevelsOverlap) as refusal:
        table([Level("B", 10, 20), Level("All", 0, 100), Level("C", 50, 60)])

    assert (refusal.value.first.name, refusal.value.second.name) == ("All", "B")


def test_a_level_of_a_single_score_is_a_level() -> None:
    assert table([Level("Exactly", 5, 5)])[0].range == ScoreRange(5, 5)


def test_a_level_that_ends_before_it_begins_is_reversed() -> None:
    with pytest.raises(InvalidInput) as refusal:
        table([Level("Cold", 5, 4)])

    assert refusal.value.problems == (Problem(("levels", "0", "max"), Fault.REVERSED, 5, 4),)


def test_a_level_may_reach_from_end_to_end_of_all_scores() -> None:
    widest = ScoreRange(-2_000_000_000, 2_000_000_000)

    assert table([Level("All", widest.min, widest.max)])[0].range == widest


@pytest.mark.parametrize(
    ("field", "level"),
    [("min", Level("Cold", -2_000_000_001, 0)), ("max", Level("Hot", 0, 2_000_000_001))],
)
def test_a_level_s_bounds_are_scores(field: str, level: Level) -> None:
    with pytest.raises(InvalidInput) as refusal:
        table([level])

    (problem,) = refusal.value.problems
    assert (problem.path, problem.fault) == (("levels", "0", field), Fault.OUT_OF_RANGE)
    assert problem.bound == (-2_000_000_000, 2_000_000_000)


def test_a_level_s_name_and_motion_have_at_most_200_characters() -> None:
    (level,) = table([Level("n" * 200, 0, None, motion="m" * 200)])

    assert (len(level.name), len(level.motion or "")) == (200, 200)


@pytest.mark.parametrize(
    ("level", "field", "fault"),
    [
        (Level("n" * 201, 0, 1), "name", Fault.TOO_LONG),
        (Level(" ", 0, 1), "name", Fault.EMPTY),
        (Level("\ud800", 0, 1), "name", Fault.NOT_STORABLE),
        (Level("Cold", 0, 1, motion="m" * 201), "motion", Fault.TOO_LONG),
        (Level("Cold", 0, 1, motion=""), "motion", Fault.EMPTY),
    ],
)
def test_a_level_s_texts_are_held_to_their_bounds(level: Level, field: str, fault: Fault) -> None:
    with pytest.raises(InvalidInput) as refusal:
        table([level])

    assert [(problem.path, problem.fault) for problem in refusal.value.problems] == [
        (("levels", "0", field), fault)
    ]


@pytest.mark.parametrize(
    "color", ["", "red", "3b82f6", "#3b82f", "#3b82f60", "#3b82fg", "#3b82f6\n", " #3b82f6"]
)
def test_a_colour_of_another_form_is_refused(color: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        table([Level("Cold", 0, None, color)])

    assert refusal.value.problems == (Problem(("levels", "0", "color"), Fault.NOT_A_COLOR, actual=color),)


def test_a_colour_is_kept_in_lower_case() -> None:
    assert table([Level("Cold", 0, None, "#3B82F6")])[0].color == "#3b82f6"


def test_levels_without_a_colour_take_one_by_rank_and_the_hottest_one_serves_all_above() -> None:
    colors = [level.color for level in table(reversed(stairs(6)))]

    assert colors == ["#3b82f6", "#f59e0b", "#ef4444", "#b91c1c", "#b91c1c", "#b91c1c"]


def test_a_level_s_own_colour_is_not_replaced_by_its_rank_s() -> None:
    levels = table([Level("Cold", 0, 9, "#000000"), Level("Warm", 10, 19)])

    assert [level.color for level in levels] == ["#000000", PALETTE[1]]


@pytest.mark.parametrize("count", [49, 50])
def test_a_table_has_at_most_50_levels(count: int) -> None:
    assert len(table(stairs(count))) == count


def test_a_table_of_51_levels_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        table(stairs(51))

    assert refusal.value.problems == (Problem(("levels",), Fault.TOO_MANY, 50, 51),)


def test_a_refused_table_tells_everything_that_is_wrong() -> None:
    with pytest.raises(InvalidInput) as refusal:
        table([Level("Cold", 9, 0, "blue"), Level("COLD", -3_000_000_000, 5, motion=" ")])

    assert {(problem.path[1:], problem.fault) for problem in refusal.value.problems} == {
        (("0", "max"), Fault.REVERSED),
        (("0", "color"), Fault.NOT_A_COLOR),
        (("1", "name"), Fault.DUPLICATE),
        (("1", "min"), Fault.OUT_OF_RANGE),
        (("1", "motion"), Fault.EMPTY),
    }


@pytest.mark.parametrize(
    ("levels", "gaps"),
    [
        pytest.param([], [(None, None)], id="no levels"),
        pytest.param([Level("All", None, None)], [], id="all scores"),
        pytest.param([Level("Cold", None, 0), Level("Hot", 1, None)], [], id="touching"),
        pytest.param([Level("Cold", None, 0), Level("Hot", 2, None)], [(1, 1)], id="one score between"),
        pytest.param([Level("Warm", 0, 9)], [(None, -1), (10, None)], id="both ends"),
        pytest.param(
            [Level("Warm", 20, 29), Level("Cold", 0, 9)], [(None, -1), (10, 19), (30, None)], id="everywhere"
        ),
    ],
)
def test_gaps_are_reported_lowest_first(
    levels: list[Level], gaps: list[tuple[int | None, int | None]]
) -> None:
    assert a_level_set(table(levels)).gaps == tuple(ScoreRange(*gap) for gap in gaps)
