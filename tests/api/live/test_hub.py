"""The hub hands on what the feed tells, coalesced under load, and remembers some of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest

from api.live import hub as the_hub
from api.live.hub import FRAME, MISSED, Frame, Hub, Lost
from api.scalars import now
from domain.history import Cause, CauseKind, ScoreChange
from domain.jobs import Job, JobKind, JobState
from domain.leads import Position
from domain.levels import Dimension
from persistence.feed import Event, JobChanged, Opened, Reached, TierChanged
from persistence.recent import Recent
from tests.api.sockets import PATIENCE
from tests.conftest import ACTOR

AT = now()
COLD, WARM = Position(0, "Cold", 1), Position(30, "Warm", 1)


def token(number: int) -> str:
    return f"{number:08}"


def change(number: int, workspace: str = "ours") -> TierChanged:
    cause = Cause(CauseKind.ACTIVITY, ACTOR, AT)
    return TierChanged(
        token(number),
        workspace,
        ScoreChange(f"lead {number}", Dimension.ENGAGEMENT, 1, COLD, WARM, cause, (), 1),
    )


async def feed(*events: Event) -> AsyncIterator[Event]:
    for event in events:
        yield event


async def told(hub: Hub, events: Iterable[Event]) -> None:
    await hub.follow(feed(*events))


def all_of(_: object) -> bool:
    return True


def numbers(events: object) -> list[str]:
    assert isinstance(events, list), events
    return [event.token for event in events]


@pytest.fixture
async def hub() -> Hub:
    hub = Hub()
    await told(hub, [Opened(token(0))])
    return hub


class TestWatching:
    async def test_what_comes_together_is_one_frame_and_what_comes_next_another(self, hub: Hub) -> None:
        with hub.watch("ours", all_of) as watcher:
            frames = watcher.frames()
            await told(hub, [change(1), change(2)])
            first = await anext(frames)
            await told(hub, [change(3)])
            await told(hub, [change(4)])
            second = await anext(frames)

        assert [numbers(first), numbers(second)] == [[token(1), token(2)], [token(3), token(4)]]

    async def test_a_great_deal_comes_in_frames_of_bounded_size_without_a_pause(self, hub: Hub) -> None:
        with hub.watch("ours", all_of) as watcher:
            await told(hub, map(change, range(1, 3 * FRAME + 2)))
            frames = watcher.frames()
            sizes = [len(numbers(await anext(frames))) for _ in range(4)]

            assert sizes == [FRAME, FRAME, FRAME, 1]
            assert watcher.is_idle

    async def test_only_what_is_wanted_of_ones_own_workspace_is_told(self, hub: Hub) -> None:
        with hub.watch("ours", lambda event: event.token != token(2)) as watcher:
            await told(hub, [change(1), change(2), change(3, "theirs"), change(4)])

            assert numbers(await anext(watcher.frames())) == [token(1), token(4)]

    async def test_too_much_that_waits_is_lost_and_what_follows_is_told(
        self, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(the_hub, "PENDING", 5)
        with hub.watch("ours", all_of) as watcher:
            await told(hub, map(change, range(1, 7)))
            await told(hub, [change(7)])
            frames = watcher.frames()
            lost, after = await anext(frames), await anext(frames)

        assert isinstance(lost, Lost)
        assert lost.cursor == token(6)
        assert numbers(after) == [token(7)]

    async def test_an_interruption_is_told_in_place_of_what_waited(self, hub: Hub) -> None:
        with hub.watch("ours", all_of) as watcher:
            await told(hub, [change(1), Opened(token(9)), change(10)])
            frames = watcher.frames()
            lost, after = await anext(frames), await anext(frames)

        assert isinstance(lost, Lost)
        assert lost.cursor == token(9)
        assert numbers(after) == [token(10)]

    async def test_who_has_left_is_told_nothing_and_not_remembered(self, hub: Hub) -> None:
        watcher = hub.watch("ours", all_of)
        watcher.close()
        watcher.close()
        await told(hub, [change(1)])

        assert watcher.is_idle
        assert hub._watchers == {}

    async def test_a_rest_is_waited_through(self, hub: Hub) -> None:
        async def next_of(frames: AsyncIterator[Frame]) -> Frame:
            return await anext(frames)

        with hub.watch("ours", all_of) as watcher:
            waiting = asyncio.create_task(next_of(watcher.frames()))
            await asyncio.sleep(0)
            assert not waiting.done()
            await told(hub, [change(1)])

            assert numbers(await asyncio.wait_for(waiting, PATIENCE)) == [token(1)]


class TestRemembering:
    async def test_what_lies_between_two_positions(self, hub: Hub) -> None:
        await told(hub, [change(1), change(2), change(3, "theirs"), change(4), change(5)])

        assert numbers(hub.between("ours", all_of, token(1), token(4))) == [token(2), token(4)]
        assert numbers(hub.between("ours", all_of, token(0), token(5))) == [token(n) for n in (1, 2, 4, 5)]
        assert numbers(hub.between("ours", all_of, token(5), token(5))) == []
        assert numbers(hub.between("ours", lambda e: e.token == token(2), token(0), token(5))) == [token(2)]

    async def test_a_position_from_before_or_after_all_that_is_known_is_lost(self, hub: Hub) -> None:
        await told(hub, [Opened(token(5)), change(6)])

        for after in (token(4), token(7), "", "zz"):
            lost = hub.between("ours", all_of, after, token(6))
            assert isinstance(lost, Lost)
            assert lost.cursor == token(6)

    async def test_what_the_feed_has_reached_without_a_change_is_known_and_holds_nothing(
        self, hub: Hub
    ) -> None:
        await told(hub, [change(1), Reached(token(5))])

        assert hub.cursor == token(5)
        assert numbers(hub.between("ours", all_of, token(0), token(5))) == [token(1)]
        for after in (token(3), token(5)):
            assert numbers(hub.between("ours", all_of, after, token(5))) == []

    async def test_what_is_no_longer_remembered_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(the_hub, "RING", 3)
        hub = Hub()
        await told(hub, [Opened(token(0)), *map(change, range(1, 6))])

        assert isinstance(hub.between("ours", all_of, token(1), token(5)), Lost)
        assert numbers(hub.between("ours", all_of, token(2), token(5))) == [token(n) for n in (3, 4, 5)]

    async def test_more_than_one_who_comes_back_can_catch_up_with_is_lost(self, hub: Hub) -> None:
        await told(hub, map(change, range(1, MISSED + 2)))
        last = token(MISSED + 1)

        assert isinstance(hub.between("ours", all_of, token(0), last), Lost)
        assert len(numbers(hub.between("ours", all_of, token(1), last))) == MISSED


def ended(
    number: int, state: JobState = JobState.CANCELLED, kind: JobKind = JobKind.RECLASSIFY
) -> JobChanged:
    job = Job("job", Dimension.ENGAGEMENT, 0, 1, AT, kind, state)
    return JobChanged(token(number), "ours", job)


class TestLeftUntold:
    """A job of the levels that ends early leaves leads whose level nobody tells of."""

    @pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED])
    async def test_who_watches_is_told_to_read_afresh(self, hub: Hub, state: JobState) -> None:
        with hub.watch("ours", all_of) as ours, hub.watch("theirs", all_of) as theirs:
            await told(hub, [change(1), ended(2, state)])
            frame = await anext(ours.frames())
            await told(hub, [change(3, "theirs")])

            assert isinstance(frame, Lost)
            assert frame.cursor == token(2)
            assert numbers(await anext(theirs.frames())) == [token(3)]

    async def test_so_is_who_comes_back_from_before_it(self, hub: Hub) -> None:
        await told(hub, [change(1), ended(2), change(3)])

        assert isinstance(hub.between("ours", all_of, token(1), token(3)), Lost)
        assert numbers(hub.between("ours", all_of, token(2), token(3))) == [token(3)]

    @pytest.mark.parametrize(
        ("state", "kind"), [(JobState.DONE, JobKind.RECLASSIFY), (JobState.CANCELLED, JobKind.RESCORE)]
    )
    async def test_a_job_that_leaves_nothing_untold_is_news_like_any_other(
        self, hub: Hub, state: JobState, kind: JobKind
    ) -> None:
        with hub.watch("ours", all_of) as watcher:
            await told(hub, [ended(1, state, kind)])

            assert numbers(await anext(watcher.frames())) == [token(1)]


class TestTheTimeBefore:
    """What was committed before the hub began is remembered for those who come back."""

    async def test_it_joins_what_came_since(self, hub: Hub) -> None:
        await told(hub, [Opened(token(10)), change(11)])

        hub.remember(Recent(token(5), [change(6), ended(7), change(8, "theirs")]))

        assert hub.begin == token(5)
        assert numbers(hub.between("ours", all_of, token(7), token(11))) == [token(11)]
        assert numbers(hub.between("theirs", all_of, token(5), token(11))) == [token(8)]
        assert isinstance(hub.between("ours", all_of, token(6), token(11)), Lost)
        assert isinstance(hub.between("ours", all_of, token(4), token(11)), Lost)

    async def test_of_more_than_there_is_room_for_the_oldest_are_left_out(
        self, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(the_hub, "RING", 3)
        hub = Hub()
        await told(hub, [Opened(token(10)), change(11)])

        hub.remember(Recent(token(5), [change(6), change(7), change(8)]))

        assert hub.begin == token(6)
        assert numbers(hub.between("ours", all_of, token(6), token(11))) == [token(7), token(8), token(11)]
        assert isinstance(hub.between("ours", all_of, token(5), token(11)), Lost)
