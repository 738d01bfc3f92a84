"""Lines: each target in its turn, so many at once, and room for the others however slow some are."""

from __future__ import annotations

from collections import Counter

from api.deliveries.lines import BRISK, EACH, INWARD, LINE, LOW, PATIENT, SLOW, SLOW_LINE, Lines
from domain.automations import ActionKind
from persistence.deliveries import Due
from tests.api.deliveries.given import one


def due(target: str) -> Due:
    if not target:
        return Due("w", one(ActionKind.ADD_TAG, tag="hot"))
    return Due("w", one(ActionKind.WEBHOOK, url=f"https://{target}/"))


def queued(*counts: tuple[str, int], lines: Lines | None = None) -> Lines:
    """Lines with so many for each target, taken up at 0."""
    lines = lines or Lines()
    for target, count in counts:
        for _ in range(count):
            lines.put(due(target), 0)
    return lines


def begun(lines: Lines) -> Counter[str]:
    return Counter(each.delivery.target for each in lines.begin())


def test_a_target_has_only_so_many_at_once_and_the_others_have_theirs() -> None:
    lines = queued(("a", 100), ("b", 3), ("", 100))

    assert begun(lines) == {"a": EACH, "b": 3, "": INWARD}
    assert begun(lines) == {}

    lines.ended("a", soon=True)
    assert begun(lines) == {"a": 1}


def test_each_target_has_its_turn() -> None:
    order = [each.delivery.target for each in queued(("a", 3), ("b", 2), ("c", 1)).begin()]

    assert order == ["a", "b", "c", "a", "b", "a"]


def test_each_target_has_its_turn_however_few_begin_at_a_time() -> None:
    lines = queued(("a", 3), ("b", 3))

    assert [next(lines.begin()).delivery.target for _ in range(4)] == ["a", "b", "a", "b"]


def test_nothing_more_is_taken_up_for_a_target_with_a_long_line() -> None:
    lines = queued(("a", LOW), ("b", LOW - 1))

    assert lines.full() == {"a"}


def test_there_is_an_end_to_what_is_under_way() -> None:
    lines = queued(*((f"t{number}", EACH) for number in range(BRISK // EACH + 5)))

    assert begun(lines).total() == BRISK
    assert not lines.has_room


def test_targets_that_are_slow_leave_room_for_those_that_are_not() -> None:
    dead = [f"dead{number}" for number in range(BRISK // EACH)]
    lines = queued(*((each, EACH) for each in dead))
    begun(lines)
    for each in dead:
        lines.slow(each)

    queued(("alive", EACH), *((each, 1) for each in dead), lines=lines)

    assert lines.has_room
    assert begun(lines) == {"alive": EACH}
    assert lines.full() >= set(dead)


def test_slow_targets_have_what_they_may_together() -> None:
    dead = [f"dead{number}" for number in range(2 * SLOW // EACH)]
    lines = queued(*((each, EACH) for each in dead))
    for each in dead:
        lines.slow(each)

    assert begun(lines).total() == SLOW


def test_a_target_that_answers_soon_again_is_slow_no_more() -> None:
    lines = queued(("a", 2 * EACH))
    begun(lines)
    lines.slow("a")
    lines.ended("a", soon=True)

    assert (lines._slow, lines._slow_busy, lines._brisk_busy) == (set(), 0, EACH - 1)


def test_a_slow_target_with_nothing_to_do_is_forgotten() -> None:
    lines = queued(("a", 1))
    begun(lines)
    lines.slow("a")
    lines.ended("a", soon=False)

    assert (lines._slow, lines._slow_busy, lines._brisk_busy) == (set(), 0, 0)


def test_what_would_wait_too_long_is_left_to_others() -> None:
    lines = queued(("a", LINE + 5), ("b", SLOW_LINE + 7))
    lines.slow("b")

    assert Counter(each.delivery.target for each in lines.too_many(1)) == {"a": 5, "b": 7}
    assert len(lines.too_many(PATIENT + 1)) == LINE + SLOW_LINE
    assert lines.clear() == []
