"""An end, or what breaks the channel, is told to all whom it concerns, and nothing is left of it."""

from __future__ import annotations

import asyncio
from typing import Any

from graphql import GraphQLError

from api.live.channels import Channel, Frame
from api.live.streams import Stream, Unshared, these
from tests.api.live.channels.scenes import Ear, Numbers, Scene, until


async def test_an_end_is_told_after_all_there_was(scene: Scene) -> None:
    first, (back, _) = await scene.join_late()
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
    first, (back, _) = await scene.join_late()
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
    _, (gone, seat) = await scene.join_late()
    back, _ = scene.join(after="0")
    await asyncio.sleep(0)
    seat.leave()
    scene.gate.set()

    await back.hears(1)
    await gone.hears()


async def test_a_plain_stream_goes_to_its_one_subscriber(scene: Scene) -> None:
    scene.source.close()
    ear = Ear()
    Channel(Unshared(these(1, 2)), scene.render, lambda: None).join(ear)

    await ear.hears(1, 2, "complete")


async def test_a_stream_can_be_read_by_one_who_shares_with_nobody(scene: Scene) -> None:
    scene.source = Numbers(1, 2)
    scene.say(3, None)

    assert [each async for each in Stream(lambda: scene.source, "1")] == [2, 3]
