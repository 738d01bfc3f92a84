from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.distribution import (
    Counts,
    Deserted,
    LevelMove,
    LevelShare,
    TopHeavy,
    Unclassified,
    Unlevelled,
    Warned,
    moves,
    shares,
    warnings,
)
from domain.levels import Level, ScoreRange, table
from domain.stretches import stretches
from tests.domain.builders import FOUR_LEVELS, RAISED, TWO_LEVELS, a_level_set
from tests.domain.strategies import OPEN, Table, level_tables

COLD, WARM, HOT, VERY_HOT = FOUR_LEVELS
POOR, GOOD = TWO_LEVELS
APART = table([Level("Cold", 0, 9), Level("Warm", 20, 29), Level("Hot", 40, 49)])

populations = st.lists(st.integers(-110, 210), max_size=30)


def counted(scores: Iterable[int], *tables: Table) -> Counts:
    """How many of those scores lie in each stretch of the tables."""
    leads = list(scores)
    return {each: sum(score in each.scores for score in leads) for each in stretches(*tables)}


def warned(scores: Iterable[int], levels: Table) -> list[Warned]:
    """The warnings for leads that have those scores."""
    leads = list(scores)
    counts = counted(leads, levels)
    held = {stretch.scores: [score for score in leads if score in stretch.scores] for stretch in counts}
    return list(warnings(counts, {each: ScoreRange(min(own), max(own)) for each, own in held.items() if own}))


def test_every_level_has_its_share_the_lowest_first_and_the_unclassified_last() -> None:
    assert shares(counted([-5, 0, 24, 25, 49, 49, 75, 99], FOUR_LEVELS)) == (
        LevelShare(COLD, 2, 0.25),
        LevelShare(WARM, 3, 0.375),
        LevelShare(HOT, 0, 0.0),
        LevelShare(VERY_HOT, 2, 0.25),
        LevelShare(None, 1, 0.125),
    )


def test_the_unclassified_have_a_share_wherever_a_score_has_no_level() -> None:
    assert shares(counted([50], FOUR_LEVELS))[-1] == LevelShare(None, 0, 0.0)


def test_the_unclassified_of_every_gap_have_one_share() -> None:
    assert shares(counted([-1, 15, 35, 99, 5], APART))[-1] == LevelShare(None, 4, 0.8)


def test_the_unclassified_have_no_share_where_every_score_has_a_level() -> None:
    assert shares(counted([5, 15, 25], TWO_LEVELS)) == (
        LevelShare(POOR, 1, 1 / 3),
        LevelShare(GOOD, 2, 2 / 3),
    )


def test_without_leads_every_share_is_0() -> None:
    assert shares(counted([], TWO_LEVELS)) == (LevelShare(POOR, 0, 0.0), LevelShare(GOOD, 0, 0.0))


@pytest.mark.parametrize(("scores", "share"), [([], 0.0), ([-1, 0, 1], 1.0)])
def test_without_levels_all_leads_are_unclassified(scores: list[int], share: float) -> None:
    assert shares(counted(scores, ())) == (LevelShare(None, len(scores), share),)


def test_shares_are_by_the_table_that_is_asked_for_however_another_cuts_it() -> None:
    counts = counted([5, 15, 30, 30], FOUR_LEVELS, TWO_LEVELS)

    assert [(each.level, each.leads) for each in shares(counts)] == [
        (COLD, 2), (WARM, 2), (HOT, 0), (VERY_HOT, 0), (None, 0)
    ]  # fmt: skip
    assert shares(counts, 1) == (LevelShare(POOR, 1, 0.25), LevelShare(GOOD, 3, 0.75))


def test_an_edit_s_moves_are_told_with_how_many_leads_make_them_the_most_first() -> None:
    cold, warm, _, _ = RAISED

    assert moves(counted([5, 30, 45, 50, 55, 59, 80], FOUR_LEVELS, RAISED)) == (
        LevelMove(HOT, warm, 3, (ScoreRange(50, 59),)),
        LevelMove(WARM, cold, 1, (ScoreRange(25, 39),)),
    )


def test_a_move_that_leads_of_several_ranges_make_is_one_move() -> None:
    everything = table([Level("All", None, None)])

    (move,) = moves(counted([-9, 15, 16, 99], APART, everything))

    assert (move.before, move.after, move.leads) == (None, everything[0], 4)
    assert move.scores == (ScoreRange(None, -1), ScoreRange(10, 19), ScoreRange(50, None))


def test_leads_move_out_of_every_level_and_into_one() -> None:
    (low,) = levels = table([Level("Low", None, -1)])

    assert moves(counted([-5, 30], FOUR_LEVELS, levels)) == (
        LevelMove(None, low, 1, (ScoreRange(None, -1),)),
        LevelMove(WARM, None, 1, (ScoreRange(25, 49),)),
    )


def test_a_move_that_no_lead_makes_is_none() -> None:
    assert moves(counted([5, 45, 80], FOUR_LEVELS, RAISED)) == ()


def test_an_edit_of_names_by_case_of_colours_and_of_motions_moves_nobody() -> None:
    wanted = table(
        [Level("COLD", 0, 24, "#000000"), Level("warm", 25, 49, motion="Call"), Level("Hot", 50, None)]
    )

    assert moves(counted([5, 30, 60], FOUR_LEVELS, wanted)) == ()


def test_without_levels_there_is_nothing_else_to_warn_of() -> None:
    assert warned([-1, 0, 1], ()) == [Unlevelled()]
    assert warned([], ()) == [Unlevelled()]


def test_leads_well_spread_give_no_warning() -> None:
    assert warned([5, 5, 30, 60, 80], FOUR_LEVELS) == []


def test_a_gap_without_leads_gives_no_warning() -> None:
    assert warned([5, 5, 5, 5, 25, 25, 25, 45], APART) == []


def test_a_workspace_without_leads_gives_no_warning() -> None:
    assert warned([], FOUR_LEVELS) == []


@pytest.mark.parametrize(
    ("scores", "extent", "below", "above"),
    [
        pytest.param([-9, -3], ScoreRange(-9, -3), None, APART[0], id="below all levels"),
        pytest.param([10, 14, 19], ScoreRange(10, 19), APART[0], APART[1], id="between two"),
        pytest.param([33], ScoreRange(33, 33), APART[1], APART[2], id="a single lead"),
        pytest.param([50, 70], ScoreRange(50, 70), APART[2], None, id="above all levels"),
    ],
)
def test_leads_without_a_level_are_warned_of_with_their_scores_and_the_levels_next_to_them(
    scores: list[int], extent: ScoreRange, below: Level | None, above: Level | None
) -> None:
    spread = [5, 5, 5, 5, 25, 25, 25, 45]

    assert warned([*spread, *scores], APART) == [Unclassified(len(scores), extent, below, above)]


def test_every_gap_that_has_leads_is_warned_of_by_itself_the_lowest_first() -> None:
    found = warned([-1, 5, 15, 15, 25, 35, 45, 99, 5, 5], APART)

    assert [each for each in found if isinstance(each, Unclassified)] == [
        Unclassified(1, ScoreRange(-1, -1), None, APART[0]),
        Unclassified(2, ScoreRange(15, 15), APART[0], APART[1]),
        Unclassified(1, ScoreRange(35, 35), APART[1], APART[2]),
        Unclassified(1, ScoreRange(99, 99), APART[2], None),
    ]


def test_every_level_without_leads_is_warned_of_where_there_are_leads() -> None:
    assert warned([30], FOUR_LEVELS) == [Deserted(COLD), Deserted(HOT), Deserted(VERY_HOT)]


def test_where_no_lead_has_a_level_every_level_is_without_leads() -> None:
    assert warned([-1], TWO_LEVELS[1:]) == [
        Unclassified(1, ScoreRange(-1, -1), None, GOOD),
        Deserted(GOOD),
    ]


def test_a_fifth_of_all_leads_in_the_highest_level_gives_no_warning() -> None:
    assert warned([5, 30, 60, 60, 80], FOUR_LEVELS) == []


def test_more_than_a_fifth_of_all_leads_in_the_highest_level_is_warned_of() -> None:
    assert warned([5, 5, 5, 30, 30, 60, 60, 80, 80, 80], FOUR_LEVELS) == [TopHeavy(VERY_HOT, 0.3)]


def test_the_highest_level_s_share_is_of_all_leads_also_of_those_without_a_level() -> None:
    found = warned([-1, 5, 30, 60, 80], FOUR_LEVELS)

    assert not [each for each in found if isinstance(each, TopHeavy)]


def test_another_level_than_the_highest_may_have_any_share() -> None:
    assert warned([5, 30, 30, 30, 30, 60, 80, 30, 30], FOUR_LEVELS) == []


def test_warnings_come_in_the_order_of_what_to_do_first() -> None:
    found = warned([-1, 30, 80, 80], FOUR_LEVELS)

    assert [type(each) for each in found] == [Unclassified, Deserted, Deserted, TopHeavy]


@OPEN
@given(populations, level_tables())
def test_shares_count_every_lead_in_its_own_level_and_sum_to_1(scores: list[int], levels: Table) -> None:
    found = shares(counted(scores, levels))
    leads = Counter(a_level_set(levels).level_of(score) for score in scores)

    assert [each.level for each in found if each.level] == list(levels)
    assert [each.level for each in found if each.level is None] == [None][: len(a_level_set(levels).gaps)]
    assert all(each.level for each in found[:-1])
    assert [each.leads for each in found] == [leads[each.level] for each in found]
    assert math.isclose(sum(each.share for each in found), 1.0 if scores else 0.0)


@OPEN
@given(populations, level_tables(), level_tables())
def test_another_table_s_cuts_change_no_share(scores: list[int], one: Table, two: Table) -> None:
    both = counted(scores, one, two)

    assert shares(both) == shares(counted(scores, one))
    assert shares(both, 1) == shares(counted(scores, two))


@OPEN
@given(populations, level_tables(), level_tables())
def test_every_lead_either_moves_or_stays(scores: list[int], before: Table, after: Table) -> None:
    counts = counted(scores, before, after)
    settled = sum(leads for stretch, leads in counts.items() if stretch.is_settled)

    assert sum(each.leads for each in moves(counts)) + settled == len(scores)


@OPEN
@given(populations, level_tables(), level_tables())
def test_a_move_counts_the_leads_that_have_the_one_level_before_and_the_other_after(
    scores: list[int], before: Table, after: Table
) -> None:
    one, two = a_level_set(before), a_level_set(after)
    pairs = Counter((one.level_of(score), two.level_of(score)) for score in scores)
    found = moves(counted(scores, before, after))

    assert {(each.before, each.after): each.leads for each in found} == {
        (left, entered): leads
        for (left, entered), leads in pairs.items()
        if (left and left.name.casefold()) != (entered and entered.name.casefold())
    }
    for each in found:
        assert each.leads == sum(any(score in own for own in each.scores) for score in scores)
    assert [each.leads for each in found] == sorted((each.leads for each in found), reverse=True)
