from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import Fault, InvalidInput, LevelsOverlap, NotFound, Problem
from domain.levels import PALETTE, Level, ScoreRange, added, removed, replaced, table, updated
from tests.domain.builders import FOUR_LEVELS, TWO_LEVELS, a_level_set, names, stairs

_, WARM, HOT, VERY_HOT = FOUR_LEVELS


def test_an_added_level_takes_its_place_and_the_others_keep_their_colours() -> None:
    levels = added(FOUR_LEVELS, Level(" Frozen ", None, -1))

    assert [(level.name, level.rank) for level in levels] == [
        ("Frozen", 1), ("Cold", 2), ("Warm", 3), ("Hot", 4), ("Very Hot", 5)
    ]  # fmt: skip
    assert [level.color for level in levels[1:]] == [level.color for level in FOUR_LEVELS]


def test_an_added_level_without_a_colour_takes_its_rank_s() -> None:
    levels = added(TWO_LEVELS[:1], Level("Good", 10, None))

    assert levels[1].color == PALETTE[1]


@pytest.mark.parametrize("name", ["Warm", "warm", " WARM "])
def test_an_added_level_may_not_take_another_s_name(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        added(FOUR_LEVELS, Level(name, -10, -1))

    assert refusal.value.problems == (Problem(("level", "name"), Fault.DUPLICATE, actual=name),)


def test_an_added_level_may_not_claim_another_s_scores() -> None:
    with pytest.raises(LevelsOverlap) as refusal:
        added(FOUR_LEVELS, Level("Frozen", None, 0))

    assert (refusal.value.first.name, refusal.value.second.name) == ("Frozen", "Cold")
    assert refusal.value.contested == ScoreRange(0, 0)


def test_an_added_level_out_of_bounds_is_refused_where_it_stands_in_the_input() -> None:
    with pytest.raises(InvalidInput) as refusal:
        added(FOUR_LEVELS, Level(" ", -1, -2, "blue"))

    assert [problem.path for problem in refusal.value.problems] == [
        ("level", "name"),
        ("level", "max"),
        ("level", "color"),
    ]


def test_a_51st_level_is_not_added() -> None:
    full = table(stairs(50))
    with pytest.raises(InvalidInput) as refusal:
        added(full, Level("One more", 50, 50))

    assert [(problem.fault, problem.actual) for problem in refusal.value.problems] == [(Fault.TOO_MANY, 51)]


@pytest.mark.parametrize("name", ["Warm", "wARM", "  warm "])
def test_an_updated_level_is_found_without_regard_to_case(name: str) -> None:
    levels = updated(FOUR_LEVELS, name, Level("Tepid", 30, 40))

    assert [(level.name, level.min, level.max) for level in levels] == [
        ("Cold", 0, 24), ("Tepid", 30, 40), ("Hot", 50, 74), ("Very Hot", 75, None)
    ]  # fmt: skip


def test_an_updated_level_keeps_its_colour_and_nothing_else() -> None:
    before = table([Level("Cold", 0, 9, "#123456", motion="Nurture")])

    assert updated(before, "Cold", Level("Cool", 5, 9)) == (Level("Cool", 5, 9, "#123456", rank=1),)


def test_an_updated_level_may_bring_a_colour_of_its_own() -> None:
    levels = updated(FOUR_LEVELS, "Hot", replace(HOT, color="#ABCDEF"))

    assert levels[2].color == "#abcdef"


def test_an_updated_level_may_move_past_the_others() -> None:
    levels = updated(FOUR_LEVELS, "Very Hot", Level("Frozen", None, -1))

    assert [(level.name, level.rank) for level in levels] == [
        ("Frozen", 1), ("Cold", 2), ("Warm", 3), ("Hot", 4)
    ]  # fmt: skip


def test_a_level_may_be_renamed_to_its_own_name_in_another_case() -> None:
    assert names(updated(FOUR_LEVELS, "Hot", replace(HOT, name="HOT"))) == ["Cold", "Warm", "HOT", "Very Hot"]


def test_a_level_may_not_be_renamed_to_another_s_name() -> None:
    with pytest.raises(InvalidInput) as refusal:
        updated(FOUR_LEVELS, "Hot", replace(HOT, name=" cold "))

    assert refusal.value.problems == (Problem(("level", "name"), Fault.DUPLICATE, actual=" cold "),)


def test_an_updated_level_may_not_claim_another_s_scores() -> None:
    with pytest.raises(LevelsOverlap) as refusal:
        updated(FOUR_LEVELS, "Hot", replace(HOT, max=80))

    assert (refusal.value.first.name, refusal.value.second.name) == ("Hot", "Very Hot")
    assert refusal.value.contested == ScoreRange(75, 80)


def test_an_updated_level_out_of_bounds_is_refused_where_it_stands_in_the_input() -> None:
    with pytest.raises(InvalidInput) as refusal:
        updated(FOUR_LEVELS, "Hot", replace(HOT, motion="m" * 201))

    assert refusal.value.problems == (Problem(("level", "motion"), Fault.TOO_LONG, 200, 201),)


def test_an_unknown_level_is_neither_updated_nor_removed() -> None:
    with pytest.raises(NotFound) as update:
        updated(FOUR_LEVELS, "Tepid", WARM)
    with pytest.raises(NotFound) as removal:
        removed(FOUR_LEVELS, "Tepid")

    assert (update.value.kind, update.value.name) == ("Level", "Tepid")
    assert (removal.value.kind, removal.value.name) == ("Level", "Tepid")


@pytest.mark.parametrize("name", ["Warm", "WARM", " warm "])
def test_a_removed_level_leaves_a_gap(name: str) -> None:
    levels = removed(FOUR_LEVELS, name)

    assert names(levels) == ["Cold", "Hot", "Very Hot"]
    assert ScoreRange(25, 49) in a_level_set(levels).gaps


def test_ranks_count_from_one_after_a_level_is_removed() -> None:
    levels = removed(FOUR_LEVELS, "Cold")

    assert [(level.name, level.rank) for level in levels] == [("Warm", 1), ("Hot", 2), ("Very Hot", 3)]


def test_levels_keep_their_colours_when_one_is_removed() -> None:
    levels = removed(FOUR_LEVELS, "Cold")

    assert [level.color for level in levels] == [WARM.color, HOT.color, VERY_HOT.color]


def test_a_level_keeps_its_motion_where_it_is_to() -> None:
    before = table([Level("Cold", 0, 9, motion="Nurture"), Level("Hot", 10, None, motion="Call")])
    cool, hot = Level("COLD", 0, 4), Level("Hot", 5, None)

    kept = updated(before, "Cold", cool, keeps_motion=True)
    table_of_new = replaced(before, [cool, hot, Level("New", None, -1)], unmoved=["cold", "new"])

    assert [level.motion for level in kept] == ["Nurture", "Call"]
    assert [level.motion for level in updated(before, "Cold", cool)] == [None, "Call"]
    assert [(level.name, level.motion) for level in table_of_new] == [
        ("New", None),
        ("COLD", "Nurture"),
        ("Hot", None),
    ]
