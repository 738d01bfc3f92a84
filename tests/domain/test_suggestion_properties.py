"""What holds of every table that is suggested to any population."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import dropwhile, pairwise

from hypothesis import assume, example, given
from hypothesis import strategies as st

from domain.levels import gaps, table
from tests.domain.builders import names
from tests.domain.population import leads_in, levels_for, numbered, steps
from tests.domain.strategies import OPEN, SCORE

MOST = 6  # levels

inner = st.integers(0, 20) | st.integers(-300, 300) | st.integers(-SCORE, SCORE - MOST)
outer = st.integers(-SCORE, 5 - SCORE) | st.integers(SCORE - 8, SCORE) | st.integers(SCORE - 160, SCORE)
populations = st.lists(inner | outer, min_size=1) | st.lists(outer, min_size=1, max_size=12)
roomy = st.lists(inner, min_size=1)  # above them every level may have a score


even = st.integers(1, 10)
uneven = even | st.integers(1, 180)


@st.composite
def wishes(draw: st.DrawFn, weights: st.SearchStrategy[int] = uneven) -> list[float]:
    """The shares of up to six levels, lowest first, as a whole or nearly."""
    drawn = draw(st.lists(weights, min_size=1, max_size=MOST))
    whole = draw(st.sampled_from([1, 0.9955, 1.0045]))
    return [min(whole * weight / sum(drawn), 1) for weight in drawn]


@st.composite
def apart(
    draw: st.DrawFn, weights: st.SearchStrategy[int], least: int, most: int
) -> tuple[range, list[float]]:
    """Leads of whom no two have the same score, *least* to *most* for each level, and the shares."""
    shares = draw(wishes(weights))
    count, step = draw(st.integers(least * len(shares), most * len(shares))), draw(st.integers(1, 1_000_000))
    start = draw(st.integers(-SCORE, SCORE - MOST - count * step))
    return range(start, start + count * step, step), shares


@OPEN
@given(populations, wishes())
@example([SCORE - 5], [0.25] * 4)
def test_a_suggested_table_is_valid_and_has_a_level_for_every_score_and_every_name(
    scores: list[int], shares: list[float]
) -> None:
    found = levels_for(scores, shares)

    assert table(found) == found
    assert names(found) == numbered(shares)
    assert gaps(found) == ()
    assert sum(leads_in(found, scores)) == len(scores)


@OPEN
@given(populations, wishes())
@example([SCORE - 2, SCORE - 2, SCORE - 1], [0.7, 0.1, 0.1, 0.1])
@example([SCORE - 2] * 90 + [SCORE] * 10, [0.97, 0.01, 0.01, 0.01])
def test_every_place_lies_within_the_leads_above_the_last_threshold(
    scores: list[int], shares: list[float]
) -> None:
    ordered = sorted(scores)
    for found in steps(scores, shares):
        if found.place is not None:
            below = bisect_left(ordered, found.starts[-1]) if found.starts else 0
            assert found.below == below
            assert below <= found.place < len(scores)


@OPEN
@given(populations, wishes())
@example([SCORE - 1, SCORE], [0.5, 0.5])
def test_no_more_places_are_asked_for_than_there_are_thresholds(
    scores: list[int], shares: list[float]
) -> None:
    found = steps(scores, shares)

    assert len(found) <= len(shares)
    assert all(after.starts[:-1] == before.starts for before, after in pairwise(found))
    assert found[-1].starts == tuple(sorted(set(found[-1].starts)))


@OPEN
@given(populations, st.integers(1, 99))
def test_a_single_cut_comes_as_near_as_any_that_leaves_both_levels_a_lead(
    scores: list[int], percent: int
) -> None:
    assume(len(set(scores)) > 1)
    shares = [percent / 100, 1 - percent / 100]
    place = steps(scores, shares)[0].place or 0
    below, above = leads_in(levels_for(scores, shares), scores)

    ordered = sorted(scores)
    possible = {bisect_right(ordered, score) for score in scores} - {len(scores)}
    assert abs(below - place) == min(abs(each - place) for each in possible)
    assert below
    assert above


@OPEN
@given(roomy, wishes())
def test_no_level_misses_its_part_by_more_leads_than_have_one_score_but_for_those_that_are_needed_above(
    scores: list[int], shares: list[float]
) -> None:
    together = max(Counter(scores).values()) + 1e-6
    for at, (before, after) in enumerate(pairwise(steps(scores, shares))):
        part = (len(scores) - before.below) * shares[at] / sum(shares[at:])
        needed = sorted(set(scores))[at + 1 - len(shares) :]  # one score for each level above
        spare = sum(score < needed[0] for score in scores) - before.below
        assert min(part, spare) - together <= after.below - before.below <= part + together


@OPEN
@given(apart(even, 10, 20))
def test_of_leads_apart_no_level_misses_its_share_by_more_than_half_a_lead_for_each_threshold_up_to_its_own(
    drawn: tuple[range, list[float]],
) -> None:
    scores, shares = drawn
    for at, leads in enumerate(leads_in(levels_for(scores, shares), scores)):
        wanted = len(scores) * shares[at] / sum(shares)
        assert abs(leads - wanted) <= min(at + 1, len(shares) - 1) / 2 + 1e-6


@OPEN
@given(apart(uneven, 1, 10))
def test_of_few_leads_apart_no_level_misses_its_share_by_more_than_a_lead_for_each_threshold(
    drawn: tuple[range, list[float]],
) -> None:
    scores, shares = drawn
    for share, leads in zip(shares, leads_in(levels_for(scores, shares), scores), strict=True):
        assert abs(leads - len(scores) * share / sum(shares)) <= len(shares) - 1 + 1e-6


@OPEN
@given(apart(uneven, 1, 10))
@example((range(3), [0.5, 0.25, 0.25]))
@example((range(4), [0.4, 0.3, 0.2, 0.1]))
def test_of_leads_apart_every_level_has_one(drawn: tuple[range, list[float]]) -> None:
    scores, shares = drawn

    assert all(leads_in(levels_for(scores, shares), scores))


@OPEN
@given(roomy, wishes())
def test_levels_without_a_lead_lie_above_all_leads(scores: list[int], shares: list[float]) -> None:
    leads = leads_in(levels_for(scores, shares), scores)

    assert leads[0]
    assert not any(dropwhile(bool, leads))
    assert sum(map(bool, leads)) >= min(len(shares), len(set(scores)), 2)
