"""One who is behind is told how things stand, and a position is never ahead of what was told."""

from __future__ import annotations

import asyncio

from api.live.channels import HELD, Frame
from tests.api.live.channels.scenes import Scene, until


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
