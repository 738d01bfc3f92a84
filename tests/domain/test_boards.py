"""Boards: a client that was told every difference has the page, and was told no more than it took."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from domain.boards import Difference, Entry, Page, applied, difference
from tests.domain.builders import a_lead, scoring
from tests.domain.strategies import OPEN

LEAD, SCORING = a_lead(), scoring()


def entry(lead_id: str, version: int = 1, under: int = 1) -> Entry:
    return Entry(replace(LEAD, id=lead_id, version=version), replace(SCORING, version=under))


def page(ids: str) -> Page:
    """A page of leads with one letter each."""
    return tuple(map(entry, ids))


def pages(longest: int = 12) -> st.SearchStrategy[Page]:
    """Pages of few leads in any order, each of any of a few versions, under any of two configurations."""
    row = st.tuples(st.sampled_from("abcdefghijklmno"), st.integers(1, 2), st.sampled_from([1, 1, 1, 2]))
    rows = st.lists(row, max_size=longest, unique_by=lambda each: each[0])
    return rows.map(lambda given: tuple(entry(*each) for each in given))


def told(change: Difference) -> tuple[list[tuple[int, str]], list[tuple[int, str]], list[str]]:
    """Who entered, was updated and left, with their positions."""
    entered, updated = (
        [(each.position, each.entry.id) for each in placed] for placed in (change.entered, change.updated)
    )
    return entered, updated, list(change.left)


@OPEN
@given(pages(), pages())
def test_a_page_with_its_difference_is_the_page_after_it(before: Page, after: Page) -> None:
    assert applied(before, difference(before, after)) == after


@OPEN
@given(st.lists(pages(), min_size=1, max_size=6))
def test_whoever_missed_some_pages_may_be_told_one_difference_for_all(history: list[Page]) -> None:
    step_by_step = history[0]
    for after in history[1:]:
        step_by_step = applied(step_by_step, difference(step_by_step, after))

    assert step_by_step == history[-1]
    assert applied(history[0], difference(history[0], history[-1])) == history[-1]


@OPEN
@given(pages(), pages())
def test_a_difference_that_is_told_twice_does_no_harm(before: Page, after: Page) -> None:
    assert applied(after, difference(before, after)) == after


@OPEN
@given(pages())
def test_there_is_no_difference_between_a_page_and_itself(same: Page) -> None:
    assert difference(same, same).is_none


@OPEN
@given(pages(longest=6), pages(longest=6))
def test_no_smaller_difference_would_do(before: Page, after: Page) -> None:
    """Whatever is not told must read as it did and stand in the same order: the most that can be left untold."""
    untold = [each.edition for each in after if each.edition in {one.edition for one in before}]
    was = [each.edition for each in before]
    most = max(
        size
        for size in range(len(untold) + 1)
        for some in combinations(untold, size)
        if [was.index(each) for each in some] == sorted(was.index(each) for each in some)
    )

    change = difference(before, after)

    assert len(change.entered) + len(change.updated) == len(after) - most


def test_who_enters_on_top_is_told_alone_though_all_others_move_down() -> None:
    assert told(difference(page("bcd"), page("abcd"))) == ([(0, "a")], [], [])


def test_who_leaves_is_told_alone_though_all_others_move_up() -> None:
    assert told(difference(page("abcd"), page("bcd"))) == ([], [], ["a"])


def test_who_falls_off_the_end_for_another_has_left() -> None:
    assert told(difference(page("abc"), page("xab"))) == ([(0, "x")], [], ["c"])


def test_who_passes_others_is_updated_and_they_are_not() -> None:
    assert told(difference(page("abcd"), page("dabc"))) == ([], [(0, "d")], [])


def test_who_reads_otherwise_where_it_stood_is_updated() -> None:
    after = (entry("a"), entry("b", version=2), entry("c"))

    assert told(difference(page("abc"), after)) == ([], [(1, "b")], [])


def test_under_other_levels_or_rules_every_lead_reads_otherwise() -> None:
    after = tuple(entry(each, under=2) for each in "abc")

    assert told(difference(page("abc"), after)) == ([], [(0, "a"), (1, "b"), (2, "c")], [])
