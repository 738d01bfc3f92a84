"""Thresholds that give each level its share of the leads there are, those of one score kept together."""

from __future__ import annotations

import pytest

from domain.levels import PALETTE, Level, gaps, table
from domain.suggestion import Cut, Thresholds, thresholds
from tests.domain.builders import names
from tests.domain.population import leads_in, levels_for, steps
from tests.domain.strategies import SCORE

TIERS = ("Cold", "Warm", "Hot", "Very Hot")


def bounds_of(levels: tuple[Level, ...]) -> list[tuple[int | None, int | None]]:
    return [(level.min, level.max) for level in levels]


@pytest.mark.parametrize(
    ("shares", "total", "expected"),
    [
        pytest.param([0.4, 0.3, 0.2, 0.1], 100, [40, 30, 20, 10], id="a pyramid"),
        pytest.param([0.1, 0.2, 0.3, 0.4], 100, [10, 20, 30, 40], id="on its head"),
        pytest.param([0.25, 0.25, 0.25, 0.25], 10, [2, 3, 2, 3], id="rounded"),
        pytest.param([0.001, 0.001, 0.001, 0.997], 1_000, [1, 1, 1, 997], id="all but three in the highest"),
        pytest.param([0.997, 0.001, 0.001, 0.001], 1_000, [997, 1, 1, 1], id="all but three in the lowest"),
        pytest.param([0.4, 0.3, 0.2, 0.1], 0, [0, 0, 0, 0], id="no leads"),
    ],
)
def test_leads_are_cut_where_each_level_gets_its_share(
    shares: list[float], total: int, expected: list[int]
) -> None:
    assert leads_in(levels_for(range(total), shares), range(total)) == expected


def test_one_level_needs_no_cut() -> None:
    assert thresholds(["All"], [1.0], 100).place is None


def test_no_leads_are_not_cut() -> None:
    assert thresholds(TIERS, [0.4, 0.3, 0.2, 0.1], 0).place is None


@pytest.mark.parametrize("share", [0.333, 0.334])
def test_shares_that_were_rounded_are_meant_as_a_whole(share: float) -> None:
    assert leads_in(levels_for(range(999), [share] * 3), range(999)) == [333, 333, 333]


@pytest.mark.parametrize(
    ("shares", "total", "place"),
    [([0.999, 0.001], 10, 9), ([0.999, 0.001], 1, 0), ([0.5, 0.5], 1, 0), ([0.999, 0.005], 100, 99)],
)
def test_no_place_lies_behind_the_last_lead(shares: list[float], total: int, place: int) -> None:
    assert thresholds(TIERS[:2], shares, total).place == place


def test_what_leads_of_one_score_make_a_level_miss_is_shared_by_all_levels_above_it() -> None:
    scores = [0] * 900 + [*range(1, 101)]
    found = levels_for(scores, [0.4, 0.3, 0.2, 0.1])

    assert bounds_of(found) == [(None, 0), (1, 50), (51, 83), (84, None)]
    assert leads_in(found, scores) == [900, 50, 33, 17]


def test_what_leads_of_one_score_make_a_level_have_too_few_is_shared_by_all_levels_above_it() -> None:
    scores = [*range(10)] + [10] * 80 + [*range(11, 121)]  # the lowest is to have 45, and has 10 or 90

    assert leads_in(levels_for(scores, [0.225, 0.475, 0.15, 0.15]), scores) == [10, 116, 37, 37]


@pytest.mark.parametrize(
    ("place", "cut", "start", "below"),
    [
        pytest.param(4, Cut(score=30, below=4, through=5), 30, 4, id="between two leads"),
        pytest.param(4, Cut(score=30, below=4, through=9), 30, 4, id="before several"),
        pytest.param(4, Cut(score=30, below=3, through=9), 30, 3, id="nearer to their beginning"),
        pytest.param(8, Cut(score=30, below=3, through=9), 31, 9, id="nearer to their end"),
        pytest.param(6, Cut(score=30, below=3, through=9), 30, 3, id="in their middle"),
        pytest.param(4, Cut(score=30, below=0, through=19), 31, 19, id="not before the lowest lead"),
        pytest.param(16, Cut(score=30, below=1, through=20), 30, 1, id="not behind the highest lead"),
        pytest.param(4, Cut(score=30, below=0, through=20), 31, 20, id="all leads"),
        pytest.param(4, Cut(score=-7, below=2, through=5), -6, 5, id="below 0"),
        pytest.param(4, Cut(score=SCORE, below=3, through=5), SCORE, 3, id="at the highest score of all"),
        pytest.param(4, Cut(score=-SCORE, below=0, through=5), 1 - SCORE, 5, id="at the lowest of all"),
    ],
)
def test_leads_of_one_score_stay_together_on_the_side_that_misses_less(
    place: int, cut: Cut, start: int, below: int
) -> None:
    uncut = thresholds(["Cold", "Hot"], [place / 20, 1 - place / 20], 20)
    found = uncut.cut(cut)

    assert uncut.place == place
    assert (found.starts, found.below) == ((start,), below)
    assert found.place is None


def test_leads_of_one_score_part_what_is_left_above_the_last_threshold() -> None:
    below = Thresholds([0.5, 0.25, 0.25], 20, starts=(30,), below=10)
    found = below.cut(Cut(score=30, below=10, through=16))

    assert below.place == 15
    assert (found.starts, found.below) == ((30, 31), 16)


def test_levels_are_parted_by_the_cuts_and_leave_no_gap() -> None:
    found = steps([5, 10, 20, 20, 30, 40, 50, 60, 80, 90], [0.4, 0.3, 0.2, 0.1])[-1].levels(TIERS)

    assert names(found) == list(TIERS)
    assert bounds_of(found) == [(None, 29), (30, 59), (60, 89), (90, None)]


def test_a_suggested_table_is_ranked_and_coloured() -> None:
    found = thresholds(TIERS, [0.25] * 4, 0).levels(TIERS)

    assert [(level.rank, level.color, level.motion) for level in found] == [
        (rank, color, None) for rank, color in enumerate(PALETTE, 1)
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, [(None, None)]),
        (2, [(None, 24), (25, None)]),
        (4, [(None, 24), (25, 49), (50, 74), (75, None)]),
    ],
)
def test_without_leads_levels_are_25_points_apart(
    count: int, expected: list[tuple[int | None, int | None]]
) -> None:
    assert bounds_of(levels_for([], [1 / count] * count)) == expected


def test_one_level_has_all_scores_however_many_leads_there_are() -> None:
    assert bounds_of(levels_for([1, 2, 3], [1.0])) == [(None, None)]


def test_a_lowest_level_that_is_to_have_less_than_a_lead_has_the_lowest() -> None:
    assert bounds_of(levels_for([5, 6, 7, 8], [0.001, 0.999])) == [(None, 5), (6, None)]


def test_a_highest_level_that_is_to_have_less_than_a_lead_has_the_highest() -> None:
    assert bounds_of(levels_for([5, 6, 7, 8], [0.999, 0.001])) == [(None, 7), (8, None)]


@pytest.mark.parametrize("share", [0.001, 0.25, 0.997])
def test_leads_of_one_score_are_all_in_the_lowest_level_and_the_others_25_points_apart_above(
    share: float,
) -> None:
    found = levels_for([7] * 100, [share, *[(1 - share) / 3] * 3])

    assert bounds_of(found) == [(None, 7), (8, 32), (33, 57), (58, None)]
    assert leads_in(found, [7] * 100) == [100, 0, 0, 0]


def test_levels_that_leads_of_two_scores_do_not_reach_are_25_points_apart_above() -> None:
    scores = [3] * 50 + [9] * 50
    found = levels_for(scores, [0.25] * 4)

    assert bounds_of(found) == [(None, 3), (4, 9), (10, 34), (35, None)]
    assert leads_in(found, scores) == [50, 50, 0, 0]


def test_the_lowest_level_has_a_score_of_its_own_even_where_all_leads_have_the_lowest_score_of_all() -> None:
    found = levels_for([-SCORE] * 4, [0.001, 0.999])

    assert bounds_of(found) == [(None, -SCORE), (1 - SCORE, None)]


def test_every_level_has_a_score_of_its_own_even_where_all_leads_have_the_highest_score_of_all() -> None:
    found = levels_for([SCORE] * 4, [0.25] * 4)

    assert bounds_of(found) == [
        (None, SCORE - 3),
        (SCORE - 2, SCORE - 2),
        (SCORE - 1, SCORE - 1),
        (SCORE, None),
    ]
    assert leads_in(found, [SCORE] * 4) == [0, 0, 0, 4]


@pytest.mark.parametrize("count", [4, 50])
@pytest.mark.parametrize("short", [3, 20, 49, 60])
def test_levels_without_leads_have_scores_of_their_own_even_short_of_the_highest_score_of_all(
    count: int, short: int
) -> None:
    found = levels_for([SCORE - short], [1 / count] * count)

    assert len(found) == count
    assert gaps(found) == ()


def test_leads_at_the_lowest_and_the_highest_score_of_all_are_told_apart() -> None:
    scores = [-SCORE, -SCORE, SCORE, SCORE]

    assert bounds_of(levels_for(scores, [0.5, 0.5])) == [(None, SCORE - 1), (SCORE, None)]
    assert bounds_of(levels_for(scores, [0.2, 0.8])) == [(None, -SCORE), (1 - SCORE, None)]
    assert bounds_of(levels_for([-SCORE, 0, SCORE], [1 / 3] * 3)) == [
        (None, -1),
        (0, SCORE - 1),
        (SCORE, None),
    ]


def test_levels_that_are_known_keep_colour_and_motion() -> None:
    known = table([Level("Cold", None, 9, "#123456", "Nurture"), Level("Hot", 10, None)])

    cold, warm = Thresholds([0.5, 0.5], 10).levels(["COLD", "Warm"], known)

    assert (cold.name, cold.color, cold.motion) == ("COLD", "#123456", "Nurture")
    assert warm.motion is None
