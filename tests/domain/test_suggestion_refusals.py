"""What no thresholds can be suggested for, and what is just within the bounds."""

from __future__ import annotations

import pytest

from domain.errors import Fault, InvalidInput, Problem
from domain.suggestion import thresholds
from tests.domain.population import leads_in, levels_for, steps


def refused(called: list[str], shares: list[float]) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as refusal:
        thresholds(called, shares, 100)
    return refusal.value.problems


def uneven(levels: int, shares: int) -> Problem:
    return Problem(("shares",), Fault.UNEVEN, levels, shares)


def out_of_range(at: int, share: float) -> Problem:
    return Problem(("shares", str(at)), Fault.OUT_OF_RANGE, (0.001, 1), share)


def no_whole(total: float) -> Problem:
    return Problem(("shares",), Fault.NOT_WHOLE, actual=total)


MANY = [f"L{at}" for at in range(51)]
ONE, TWO = ["All"], ["Cold", "Hot"]
REFUSED = {
    "no levels": ([], [], Problem(("names",), Fault.EMPTY)),
    "51 levels": (MANY, [1 / 51] * 51, Problem(("names",), Fault.TOO_MANY, 50, 51)),
    "more names than shares": (TWO, [1.0], uneven(2, 1)),
    "more shares than names": (ONE, [0.5, 0.5], uneven(1, 2)),
    "less than nothing": (TWO, [-0.1, 1.0], out_of_range(0, -0.1)),
    "nothing": (TWO, [0.0, 1.0], out_of_range(0, 0.0)),
    "next to nothing": (TWO, [1.0, 0.0009], out_of_range(1, 0.0009)),
    "more than all": (TWO, [0.001, 1.001], out_of_range(1, 1.001)),
    "too little together": (TWO, [0.5, 0.4], no_whole(0.9)),
    "too much": (TWO, [0.9, 0.7], no_whole(1.6)),
    "more than rounding": (TWO, [0.5, 0.476], no_whole(0.976)),
    "just more than rounding": (TWO, [0.5, 0.4799], no_whole(0.9799)),
    "more than rounding up": (TWO, [0.5, 0.526], no_whole(1.026)),
    "one of too little": (ONE, [0.976], no_whole(0.976)),
    "float noise": (TWO, [0.1, 0.2], no_whole(0.3)),
    "percent": (TWO, [60, 40], no_whole(100)),
}


@pytest.mark.parametrize(("called", "shares", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_no_table_can_be_made_of_is_refused(
    called: list[str], shares: list[float], problem: Problem
) -> None:
    assert problem in refused(called, shares)


@pytest.mark.parametrize(
    "shares", [[0.5, 0.495], [0.5, 0.505], [0.995], [0.001, 0.999], [1.0], [0.951] + [0.001] * 49]
)
def test_shares_that_are_nearly_a_whole_are_taken(shares: list[float]) -> None:
    found = levels_for(range(1_000), shares)

    assert len(found) == len(shares)
    assert sum(leads_in(found, range(1_000))) == 1_000


@pytest.mark.parametrize("name", ["Cold", "COLD", " cold "])
def test_two_levels_of_one_name_are_refused_where_the_second_stands(name: str) -> None:
    assert refused(["Cold", "Warm", name], [0.5, 0.25, 0.25]) == (
        Problem(("names", "2"), Fault.DUPLICATE, actual=name),
    )


@pytest.mark.parametrize(
    ("name", "fault"), [("", Fault.EMPTY), (" ", Fault.EMPTY), ("n" * 201, Fault.TOO_LONG)]
)
def test_a_name_that_no_level_can_have_is_refused_where_it_stands(name: str, fault: Fault) -> None:
    problems = refused(["Cold", name], [0.5, 0.5])

    assert [(problem.path, problem.fault) for problem in problems] == [(("names", "1"), fault)]


def test_what_is_refused_without_leads_is_what_is_refused_with_them() -> None:
    with pytest.raises(InvalidInput) as refusal:
        thresholds(["Cold", "cold"], [0.5, 0.4], 0)

    assert refusal.value.problems == refused(["Cold", "cold"], [0.5, 0.4])


@pytest.mark.parametrize("share", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_no_share(share: float) -> None:
    faults = [(problem.path, problem.fault) for problem in refused(["Cold", "Hot"], [0.5, share])]

    assert (("shares", "1"), Fault.OUT_OF_RANGE) in faults


def test_a_refusal_tells_everything_that_is_wrong() -> None:
    called = [" ", *(f"L{min(at, 48)}" for at in range(50))]

    assert {problem.fault for problem in refused(called, [2.0, -0.5])} == {
        Fault.EMPTY,
        Fault.TOO_MANY,
        Fault.DUPLICATE,
        Fault.UNEVEN,
        Fault.OUT_OF_RANGE,
        Fault.NOT_WHOLE,
    }


def test_fifty_levels_are_not_too_many() -> None:
    assert steps(range(50), [0.02] * 50)[-1].starts == tuple(range(1, 50))
