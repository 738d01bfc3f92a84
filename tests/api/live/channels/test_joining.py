"""Whoever joins a channel, whenever, is told everything from there on: once, in order, rendered once for all."""

from __future__ import annotations

from api.live.channels import FIRSTS, TURN
from tests.api.live.channels.scenes import Scene


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
