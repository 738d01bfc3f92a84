"""A board is read when it may have changed: once for many changes, once at a time, and as often as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from api.context import House
from api.live.boards import Delta, Snapshot, Update, rest
from domain.boards import Page, applied
from domain.errors import Fault, InvalidInput, Problem
from persistence.mongo import Unreachable
from tests.api.live.scripted import HERE, scripted
from tests.domain.test_boards import page


def shown(update: Update) -> tuple[str, str]:
    """The ids of a snapshot, one letter each, and its cursor."""
    assert isinstance(update, Snapshot)
    return "".join(entry.id for entry in update.page), update.cursor


def led_to(before: Page, update: Update) -> Page:
    assert isinstance(update, Delta)
    return applied(before, update.difference)


class Pages:
    """Pages of leads with one letter each, the last of them for ever."""

    def __init__(self, *ids: str) -> None:
        self._ids = list(ids)

    async def __call__(self) -> Page:
        return page(self._ids.pop(0) if len(self._ids) > 1 else self._ids[0])


async def test_it_is_read_to_begin_with_and_after_every_change(house: House) -> None:
    async with scripted(house, Pages("ab", "abc", "c")) as script, script.updates() as following:
        first = await following()
        token = await script.tell(HERE)
        second = await following()
        await script.tell(HERE)
        third = await following()

    assert shown(first) == ("ab", "0001")
    assert led_to(page("ab"), second) == page("abc")
    assert second.cursor == token
    assert led_to(page("abc"), third) == page("c")


async def test_a_change_that_nothing_on_it_comes_of_is_not_told(house: House) -> None:
    async with scripted(house, Pages("ab", "ab", "abc")) as script, script.updates() as following:
        await following()
        token = await script.tell(HERE)
        while script.reads < 2:  # noqa: ASYNC110 - who is told nothing is told nothing
            await asyncio.sleep(0.01)
        async with script.updates() as of_a_newcomer:
            newcomer = await of_a_newcomer()
        await script.tell(HERE)
        second = await following()

    assert shown(newcomer) == ("ab", token), "it is true up to there all the same"
    assert led_to(page("ab"), second) == page("abc")


async def test_changes_of_another_workspace_are_none_of_its_business(house: House) -> None:
    async with scripted(house, Pages("a", "ab")) as script, script.updates() as following:
        await following()
        await script.tell("elsewhere", "elsewhere")
        await script.tell("elsewhere")
        before = script.reads
        await script.tell(HERE)
        await following()

    assert (before, script.reads) == (1, 2)


async def test_of_many_changes_while_it_is_read_it_is_read_once_more_and_never_twice_at_a_time(
    house: House,
) -> None:
    may_end, begun, under_way, most = asyncio.Event(), asyncio.Event(), 0, 0
    pages = Pages("a", "ab")

    async def read() -> Page:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        begun.set()
        await may_end.wait()
        under_way -= 1
        return await pages()

    async with scripted(house, read) as script, script.updates() as following:
        await begun.wait()
        await script.tell(*[HERE] * 50)
        may_end.set()
        await following()
        await following()

        assert script.reads == 2
        assert most == 1


async def test_after_an_interruption_of_the_feed_it_is_told_whole_again(house: House) -> None:
    async with scripted(house, Pages("ab", "bc")) as script, script.updates() as following:
        await following()
        token = await script.lose()
        again = await following()

    assert shown(again) == ("bc", token)


async def test_while_the_database_is_away_it_is_tried_again_and_then_looked_at_once_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For who has just been elected may not know yet that it has the newest."""
    monkeypatch.setattr("api.live.again.PAUSE", 0.01)
    pages, troubles = Pages("a", "ab", "abc"), iter([False, True, True])

    async def read() -> Page:
        if next(troubles, False):
            raise Unreachable("away")
        return await pages()

    async with scripted(house, read) as script, script.updates() as following:
        await following()
        await script.tell(HERE)
        second, third = await following(), await following()

    assert led_to(page("a"), second) == page("ab")
    assert led_to(page("ab"), third) == page("abc")


@pytest.mark.parametrize(("took", "rests"), [(0, 0.1), (0.05, 0.1), (0.5, 0.5), (60, 2)])
def test_it_rests_for_as_long_as_it_was_read_within_bounds(took: float, rests: float) -> None:
    """A database that was away for a minute must not keep it from being true for another."""
    assert rest(took) == rests


async def test_what_cannot_be_asked_any_more_ends_it_for_all_who_watch(house: House) -> None:
    refusal = InvalidInput(Problem(("filter", "moved", "since"), Fault.TOO_WIDE, 100_000))
    troubles: Iterator[bool] = iter([False])

    async def read() -> Page:
        if next(troubles, True):
            raise refusal
        return page("a")

    async with scripted(house, read) as script, script.updates() as one, script.updates() as other:
        await one()
        await other()
        await script.tell(HERE)
        for following in (one, other):
            with pytest.raises(InvalidInput) as refused:
                await following()
            assert refused.value is refusal

        assert script.board.is_over


async def test_one_who_was_slow_is_told_one_difference_for_all_it_missed(house: House) -> None:
    pages = Pages("abc", "xabc", "xab", "yxab")
    async with scripted(house, pages) as script, script.updates() as slow, script.updates() as quick:
        await slow()
        await quick()
        for _ in range(3):
            token = await script.tell(HERE)
            await quick()
        missed = await slow()

    assert led_to(page("abc"), missed) == page("yxab")
    assert missed.cursor == token


async def test_one_who_was_slow_while_all_became_as_it_was_is_told_nothing(house: House) -> None:
    async with (
        scripted(house, Pages("a", "b", "a", "c")) as script,
        script.updates() as slow,
        script.updates() as quick,
    ):
        await slow()
        await quick()
        for _ in range(2):
            await script.tell(HERE)
            await quick()
        waiting = asyncio.create_task(slow())
        await asyncio.sleep(0)
        await script.tell(HERE)

        assert led_to(page("a"), await waiting) == page("c")
