"""Whoever joins a channel, whenever, is told everything from there on: once, in order, rendered once for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from graphql import GraphQLError

from api.live.channels import FIRSTS, HELD, TURN, Channel, Channels, Frame, Seat
from api.live.streams import Stream, Unshared, these
from tests.api.sockets import PATIENCE


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0)


class Numbers:
    """A source of the numbers that the test tells it, which remembers them all: a position is how many there were."""

    def __init__(self, *told: int) -> None:
        self.told: list[int] = list(told)
        self.coming: asyncio.Queue[int | Exception | None] = asyncio.Queue()
        self.is_open = True

    async def frames(self) -> AsyncGenerator[int, None]:
        while (number := await self.coming.get()) is not None:
            if isinstance(number, Exception):
                raise number
            self.told.append(number)
            yield number

    def welcome(self, after: str | None) -> AsyncGenerator[int, None] | None:
        return None if after is None else these(*self.told[int(after) :])

    def again(self) -> AsyncGenerator[int, None]:
        return these(-len(self.told))

    async def reach(self, after: str) -> None:
        pass

    def cursor(self) -> str:
        return str(len(self.told))

    def close(self) -> None:
        self.is_open = False


class Ear:
    """A listener that notes what it hears, and is slow when the test says so."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.is_slow = False

    def tell(self, frame: Frame) -> bool:
        if not self.is_slow:
            self.heard.append(frame.payload.decode())
        return not self.is_slow

    def complete(self) -> None:
        self.heard.append("complete")

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        self.heard += [error.message for error in errors]

    async def hears(self, *expected: object) -> None:
        """Wait for exactly that to be all it ever heard."""
        wanted = [str(each) for each in expected]
        async with asyncio.timeout(PATIENCE):
            while self.heard != wanted:
                assert self.heard == wanted[: len(self.heard)]
                await asyncio.sleep(0)


class Scene:
    """A channel of numbers, and how often one was rendered; rendering waits while `gate` is closed."""

    def __init__(self, *told: int) -> None:
        self.source = Numbers(*told)
        self.rendered: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.channels = Channels()

    async def render(self, number: int) -> Frame:
        self.rendered.append(number)
        await self.gate.wait()
        return Frame(str(number).encode())

    def join(self, after: str | None = None) -> tuple[Ear, Seat]:
        ear = Ear()
        return ear, self.channels.join("key", Stream(lambda: self.source, after), self.render, ear)

    def say(self, *numbers: int | Exception | None) -> None:
        for number in numbers:
            self.source.coming.put_nowait(number)

    async def is_rendering(self, number: int) -> None:
        await until(lambda: number in self.rendered)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    yield scene
    for channel in list(scene.channels):
        for seat in list(channel._seats):
            seat.leave()
    await until(lambda: not any("Channel" in repr(task.get_coro()) for task in asyncio.all_tasks()))
    assert not scene.source.is_open
    assert len(scene.channels) == 0


async def test_what_all_are_told_is_rendered_once(scene: Scene) -> None:
    ears = [scene.join()[0] for _ in range(3 * TURN)]
    scene.say(1, 2, 3)

    for ear in ears:
        await ear.hears(1, 2, 3)
    assert scene.rendered == [1, 2, 3]
    assert [len(channel) for channel in scene.channels] == [3 * TURN]


async def test_who_joins_while_a_frame_is_rendered_is_not_told_it(scene: Scene) -> None:
    first, _ = scene.join()
    scene.gate.clear()
    scene.say(1)
    await scene.is_rendering(1)
    second, _ = scene.join()
    scene.gate.set()
    scene.say(2)

    await first.hears(1, 2)
    await second.hears(2)


async def test_who_comes_back_while_a_frame_is_rendered_is_told_it_once_and_in_its_place(
    scene: Scene,
) -> None:
    first, _ = scene.join()
    scene.say(1, 2)
    await first.hears(1, 2)
    scene.gate.clear()
    scene.say(3)
    await scene.is_rendering(3)
    back, _ = scene.join(after="1")
    scene.gate.set()
    scene.say(4)

    await back.hears(2, 3, 4)
    await first.hears(1, 2, 3, 4)


async def test_frames_wait_for_one_who_is_still_told_what_it_missed(scene: Scene) -> None:
    first, _ = scene.join()
    scene.say(1, 2)
    await first.hears(1, 2)
    scene.gate.clear()
    back, seat = scene.join(after="0")
    rendered = len(scene.rendered)
    await asyncio.sleep(0)
    assert seat.is_behind
    scene.say(3, 4)
    await until(lambda: len(scene.rendered) > rendered)
    scene.gate.set()

    await back.hears(1, 2, 3, 4)
    assert not seat.is_behind
    assert seat.channel.cursor == "4"


async def test_those_who_come_back_together_are_answered_once(scene: Scene) -> None:
    first, _ = scene.join()
    scene.say(1, 2)
    await first.hears(1, 2)
    backs = [scene.join(after="1")[0] for _ in range(50)]

    for back in backs:
        await back.hears(2)
    assert scene.rendered == [1, 2, 2]


async def test_those_who_come_back_from_anywhere_are_told_what_each_of_them_missed(scene: Scene) -> None:
    first, _ = scene.join()
    numbers = range(3 * FIRSTS)
    scene.say(*numbers)
    await first.hears(*numbers)
    backs = [scene.join(after=str(each))[0] for each in numbers]

    for each, back in zip(numbers, backs, strict=True):
        await back.hears(*numbers[each:])


async def test_one_for_whom_too_much_waits_is_told_how_things_stand(scene: Scene) -> None:
    first, _ = scene.join()
    scene.say(1)
    await first.hears(1)
    many = range(2, HELD + 10)
    original = scene.render
    slow = asyncio.Event()

    async def render(number: int) -> Frame:
        if number == 1:
            await slow.wait()
        return await original(number)

    (channel,) = scene.channels
    channel._render = render
    back, _ = scene.join(after="0")
    scene.say(*many)
    await first.hears(1, *many)
    slow.set()

    await back.hears(*range(1, HELD + 2), -len(scene.source.told))


async def test_a_slow_one_is_told_how_things_stand_when_it_is_not_slow_any_more(scene: Scene) -> None:
    (quick, _), (slow, seat) = scene.join(), scene.join()
    slow.is_slow = True
    scene.say(1, 2)
    await quick.hears(1, 2)
    assert seat.is_behind
    slow.is_slow = False
    seat.resume()
    scene.say(3)

    await slow.hears(-2, 3)
    await quick.hears(1, 2, 3)
    assert not seat.is_behind


async def test_what_is_only_being_rendered_is_not_counted_as_told(scene: Scene) -> None:
    ear, seat = scene.join()
    for number, position in ((1, "0"), (2, "1")):
        scene.gate.clear()
        scene.say(number)
        await scene.is_rendering(number)
        assert seat.channel.cursor == position
        scene.gate.set()
        await ear.hears(*range(1, number + 1))


async def test_resuming_changes_nothing_for_one_who_missed_nothing(scene: Scene) -> None:
    ear, seat = scene.join()
    seat.resume()
    scene.say(1)

    await ear.hears(1)


async def test_an_end_is_told_after_all_there_was(scene: Scene) -> None:
    first, _ = scene.join()
    scene.say(1)
    await first.hears(1)
    scene.gate.clear()
    back, _ = scene.join(after="0")
    await asyncio.sleep(0)
    scene.say(None)
    await first.hears(1, "complete")
    scene.gate.set()

    await back.hears(1, "complete")
    assert len(scene.channels) == 0


async def test_a_slow_one_is_told_the_end_after_how_things_stand(scene: Scene) -> None:
    (quick, _), (slow, seat) = scene.join(), scene.join()
    slow.is_slow = True
    scene.say(1, None)
    await quick.hears(1, "complete")
    slow.is_slow = False
    seat.resume()

    await slow.hears(-1, "complete")


async def test_what_breaks_the_source_is_told_to_all_and_ends_the_channel(scene: Scene) -> None:
    ears = [scene.join()[0] for _ in range(3)]
    scene.say(1, GraphQLError("broken"))

    for ear in ears:
        await ear.hears(1, "broken")
    assert len(scene.channels) == 0


async def test_what_breaks_the_source_is_told_to_one_who_is_still_welcomed(scene: Scene) -> None:
    first, _ = scene.join()
    scene.say(1)
    await first.hears(1)
    scene.gate.clear()
    back, _ = scene.join(after="0")
    await asyncio.sleep(0)
    scene.say(GraphQLError("broken"))
    await first.hears(1, "broken")
    scene.gate.set()

    await back.hears("broken")


async def test_a_subscription_that_knows_no_way_on_ends_for_one_who_was_slow(scene: Scene) -> None:
    scene.source.close()
    numbers = scene.source
    ear = Ear()
    seat = Channel(Unshared(numbers.frames()), scene.render, lambda: None).join(ear)
    ear.is_slow = True
    scene.say(1)
    await until(lambda: seat.is_behind)
    ear.is_slow = False
    seat.resume()

    assert ear.heard == ["what was told came faster than it was read; subscribe again"]


async def test_what_breaks_a_welcome_is_told_to_that_one_alone(scene: Scene) -> None:
    first, _ = scene.join()
    scene.say(1)
    await first.hears(1)
    (channel,) = scene.channels
    original = channel._render

    async def broken(_: Any) -> Frame:
        raise GraphQLError("broken")

    channel._render = broken
    back, _ = scene.join(after="0")
    await back.hears("broken")
    channel._render = original
    scene.say(2)

    await first.hears(1, 2)


async def test_the_last_to_leave_closes_the_channel_and_the_next_opens_another(scene: Scene) -> None:
    (_, one), (_, other) = scene.join(), scene.join()
    one.leave()
    assert scene.source.is_open
    other.leave()
    assert not scene.source.is_open
    assert len(scene.channels) == 0

    scene.source = Numbers()
    ear, _ = scene.join()
    scene.say(1)
    await ear.hears(1)


async def test_who_leaves_while_being_welcomed_takes_nothing_from_the_others(scene: Scene) -> None:
    first, _ = scene.join()
    scene.say(1)
    await first.hears(1)
    scene.gate.clear()
    (gone, seat), (back, _) = scene.join(after="0"), scene.join(after="0")
    await asyncio.sleep(0)
    seat.leave()
    scene.gate.set()

    await back.hears(1)
    await gone.hears()


async def test_the_cursor_is_never_ahead_of_what_was_told(scene: Scene) -> None:
    ear, seat = scene.join()
    scene.say(1)
    await ear.hears(1)
    assert seat.channel.cursor == "1"
    scene.gate.clear()
    scene.say(2)
    await scene.is_rendering(2)
    assert seat.channel.cursor == "1"
    scene.gate.set()
    await ear.hears(1, 2)
    assert seat.channel.cursor == "2"


async def test_a_plain_stream_goes_to_its_one_subscriber(scene: Scene) -> None:
    scene.source.close()
    ear = Ear()
    Channel(Unshared(these(1, 2)), scene.render, lambda: None).join(ear)

    await ear.hears(1, 2, "complete")


async def test_a_stream_can_be_read_by_one_who_shares_with_nobody(scene: Scene) -> None:
    scene.source = Numbers(1, 2)
    scene.say(3, None)

    assert [each async for each in Stream(lambda: scene.source, "1")] == [2, 3]
