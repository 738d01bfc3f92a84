from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from domain import bounds
from domain.errors import Fault, Problem
from tests.domain.builders import NOW

PATH = ("here",)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
FIRST = datetime(1970, 1, 2, tzinfo=UTC)
SURROGATE = "\ud800"


def nested(depth: int) -> dict[str, Any]:
    """Objects and lists in turn, *depth* of them in one another."""
    inner: Any = "leaf"
    for level in range(depth - 1):
        inner = [inner] if level % 2 else {"in": inner}
    return {"in": inner}


def faults_of(value: object) -> list[Fault]:
    return [problem.fault for problem in bounds.document(PATH, value)]


@pytest.mark.parametrize("value", [None, "a", "a" * 9, "a" * 10, "é" * 10, "\U0001f525" * 10, " a "])
def test_a_text_within_its_limit_passes(value: str | None) -> None:
    assert list(bounds.text(PATH, value, 10)) == []


def test_a_text_one_character_over_its_limit_is_too_long() -> None:
    assert list(bounds.text(PATH, "a" * 11, 10)) == [Problem(PATH, Fault.TOO_LONG, 10, 11)]


@pytest.mark.parametrize("value", ["", " ", "\t\n", " " * 11])
def test_a_blank_text_is_empty_however_long_it_is(value: str) -> None:
    assert list(bounds.text(PATH, value, 10)) == [Problem(PATH, Fault.EMPTY)]


@pytest.mark.parametrize("value", ["\ud800", "a\udfff", "é\udbff"])
def test_half_a_surrogate_pair_is_no_text(value: str) -> None:
    assert list(bounds.text(PATH, value, 10)) == [Problem(PATH, Fault.NOT_STORABLE)]


@pytest.mark.parametrize("char", ["\ud7ff", "\ue000", "\U0001f525"])
def test_characters_beside_the_surrogates_are_storable(char: str) -> None:
    assert bounds.storable(char)


@pytest.mark.parametrize("value", ["A", "A1", "EMAIL_OPENED", "A_1_B2", "A" * 63, "A" * 64])
def test_an_upper_snake_word_of_at_most_64_characters_is_a_kind(value: str) -> None:
    assert list(bounds.kind(PATH, value)) == []


@pytest.mark.parametrize("value", ["a", "Email", "_A", "A_", "A__B", "1A", "A-B", "A B", "A\n", " A", "É"])
def test_a_kind_of_another_form_is_not_upper_snake(value: str) -> None:
    assert list(bounds.kind(PATH, value)) == [Problem(PATH, Fault.NOT_UPPER_SNAKE, actual=value)]


def test_a_kind_of_65_characters_is_too_long() -> None:
    assert list(bounds.kind(PATH, "A" * 65)) == [Problem(PATH, Fault.TOO_LONG, 64, 65)]


@pytest.mark.parametrize("value", ["", " ", " " * 65])
def test_a_blank_kind_is_empty(value: str) -> None:
    assert list(bounds.kind(PATH, value)) == [Problem(PATH, Fault.EMPTY)]


@pytest.mark.parametrize("value", [-1_000_000, -999_999, -1, 1, 999_999, 1_000_000])
def test_points_within_a_million_either_way_pass(value: int) -> None:
    assert list(bounds.points(PATH, value)) == []


@pytest.mark.parametrize("value", [-1_000_001, 1_000_001])
def test_points_beyond_a_million_are_out_of_range(value: int) -> None:
    expected = Problem(PATH, Fault.OUT_OF_RANGE, (-1_000_000, 1_000_000), value)

    assert list(bounds.points(PATH, value)) == [expected]


def test_no_points_are_refused_as_zero() -> None:
    assert list(bounds.points(PATH, 0)) == [Problem(PATH, Fault.ZERO)]


@pytest.mark.parametrize("value", [None, FIRST, FIRST + INSTANT, NOW, NOW + DAY - INSTANT, NOW + DAY])
def test_a_moment_up_to_a_day_ahead_passes(value: datetime | None) -> None:
    assert list(bounds.moment(PATH, value, NOW)) == []


def test_a_moment_more_than_a_day_ahead_is_refused() -> None:
    ahead = NOW + DAY + INSTANT

    assert list(bounds.moment(PATH, ahead, NOW)) == [
        Problem(PATH, Fault.TOO_FAR_AHEAD, DAY, "2026-03-02T12:00:00.000001+00:00")
    ]


def test_a_moment_that_is_compared_with_no_present_may_lie_far_ahead() -> None:
    assert list(bounds.moment(PATH, NOW + 10_000 * DAY)) == []


@pytest.mark.parametrize(
    "value", [FIRST - INSTANT, datetime(1969, 12, 31, tzinfo=UTC), datetime.min.replace(tzinfo=UTC)]
)
@pytest.mark.parametrize("now", [None, NOW])
def test_a_moment_before_1970_is_out_of_range(value: datetime, now: datetime | None) -> None:
    (problem,) = bounds.moment(PATH, value, now)

    assert problem == Problem(
        PATH, Fault.OUT_OF_RANGE, ("1970-01-02T00:00:00+00:00", "now"), value.isoformat()
    )


@pytest.mark.parametrize("value", [NOW, FIRST - DAY, NOW + 2 * DAY])
def test_a_moment_without_an_offset_is_refused_for_that_alone(value: datetime) -> None:
    naive = value.replace(tzinfo=None)

    assert list(bounds.moment(PATH, naive, NOW)) == [Problem(PATH, Fault.NO_OFFSET, actual=naive.isoformat())]


@pytest.mark.parametrize(("hours", "faults"), [(-14, [Fault.TOO_FAR_AHEAD]), (0, []), (14, [])])
def test_a_moment_s_offset_counts(hours: int, faults: list[Fault]) -> None:
    value = (NOW + DAY).replace(tzinfo=timezone(timedelta(hours=hours)))

    assert [problem.fault for problem in bounds.moment(PATH, value, NOW)] == faults


@pytest.mark.parametrize("size", [0, 4, 5])
def test_a_count_up_to_its_limit_passes(size: int) -> None:
    assert list(bounds.count(PATH, size, 5)) == []


def test_a_count_one_over_its_limit_is_too_many() -> None:
    assert list(bounds.count(PATH, 6, 5)) == [Problem(PATH, Fault.TOO_MANY, 5, 6)]


@pytest.mark.parametrize("value", [None, -3, -2, 0, 6, 7])
def test_a_whole_number_within_its_range_passes(value: int | None) -> None:
    assert list(bounds.whole(PATH, value, -3, 7)) == []


@pytest.mark.parametrize("value", [-4, 8])
def test_a_whole_number_outside_its_range_is_refused(value: int) -> None:
    assert list(bounds.whole(PATH, value, -3, 7)) == [Problem(PATH, Fault.OUT_OF_RANGE, (-3, 7), value)]


@pytest.mark.parametrize("value", [{}, {"a": None}, {"a": True, "b": [1.5, "x", {}]}, {"a": "$x\0"}])
def test_a_plain_document_passes(value: object) -> None:
    assert faults_of(value) == []


@pytest.mark.parametrize("value", [None, [], [1], [{"a": 1}], "", "text", 0, 1, 1.5, False, True])
def test_what_is_no_object_is_no_document(value: object) -> None:
    assert list(bounds.document(PATH, value)) == [Problem(PATH, Fault.NOT_AN_OBJECT)]


@pytest.mark.parametrize("depth", [1, 9, 10])
def test_a_document_may_be_nested_ten_levels_deep(depth: int) -> None:
    assert faults_of(nested(depth)) == []


@pytest.mark.parametrize("depth", [11, 12, 5_000])
def test_a_document_of_eleven_levels_is_too_deep(depth: int) -> None:
    (problem,) = bounds.document(PATH, nested(depth))

    assert (problem.fault, problem.bound) == (Fault.TOO_DEEP, 10)
    assert len(problem.path) == len(PATH) + 10


@pytest.mark.parametrize("innermost", [{}, []])
def test_an_empty_object_or_list_counts_as_a_level(innermost: object) -> None:
    value: object = innermost
    for _ in range(10):
        value = {"in": value}

    assert faults_of(value) == [Fault.TOO_DEEP]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": "x" * 99_991}, id="one under"),
        pytest.param({"a": "x" * 99_992}, id="at the bound"),
        pytest.param({"a": "é" * 49_996}, id="two bytes a character"),
        pytest.param({"é": "\U0001f525" * 24_997 + "xxx"}, id="four bytes a character"),
        pytest.param({"a": '"' * 49_996}, id="escaped characters"),
        pytest.param({"a": [1] * 49_996}, id="no blanks between items"),
    ],
)
def test_a_document_of_100_000_bytes_passes(value: object) -> None:
    assert faults_of(value) == []


@pytest.mark.parametrize(
    ("value", "size"),
    [
        pytest.param({"a": "x" * 99_993}, 100_001, id="ASCII"),
        pytest.param({"a": "é" * 49_996 + "x"}, 100_001, id="two bytes a character"),
        pytest.param({"é": "\U0001f525" * 24_998}, 100_001, id="four bytes a character"),
        pytest.param({"a": '"' * 49_996 + "x"}, 100_001, id="escaped characters"),
        pytest.param({"a": [1] * 49_997}, 100_001, id="many items"),
    ],
)
def test_a_document_one_byte_over_is_too_large(value: object, size: int) -> None:
    assert list(bounds.document(PATH, value)) == [Problem(PATH, Fault.TOO_LARGE, 100_000, size)]


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 2**53 + 1, 1e18, -0.0])
def test_numbers_that_fit_the_store_pass(value: float) -> None:
    assert faults_of({"a": value, "b": [value]}) == []


@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, pytest.param(10**5_000, id="huge"), 1e300, -(2.0**63)]
)
def test_a_number_beyond_64_bits_is_not_storable(value: float) -> None:
    assert list(bounds.document(PATH, {"a": [0, value]})) == [Problem((*PATH, "a", "1"), Fault.NOT_STORABLE)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_know_is_not_storable(value: float) -> None:
    assert list(bounds.document(PATH, {"a": [0, value]})) == [Problem((*PATH, "a", "1"), Fault.NOT_STORABLE)]


def test_half_a_surrogate_pair_in_a_document_is_not_storable() -> None:
    found = list(bounds.document(PATH, {"a": {"b": SURROGATE}}))

    assert found == [Problem((*PATH, "a", "b"), Fault.NOT_STORABLE)]


@pytest.mark.parametrize("name", ["", "$", "$set", "\0", "a\0b", SURROGATE])
def test_a_name_the_store_would_misread_is_not_storable(name: str) -> None:
    found = list(bounds.document(PATH, {"a": [{name: 1}]}))

    assert found == [Problem((*PATH, "a", "0", repr(name)), Fault.NOT_STORABLE)]


@pytest.mark.parametrize("name", ["a.b", "a$", ".", " ", "é", "\U0001f525", "_id", "x" * 1_000])
def test_any_other_name_passes(name: str) -> None:
    assert faults_of({name: {name: 1}}) == []


def test_a_document_tells_each_kind_of_fault_once() -> None:
    value = {"a": [2**63] * 1_000, "b": nested(10), "c": nested(11), "d": "x" * 100_001}

    assert sorted(fault.value for fault in faults_of(value)) == ["not storable", "too deep"]


def test_the_path_of_a_problem_can_always_be_written_down() -> None:
    (problem,) = bounds.document(PATH, {SURROGATE: 2**63})

    assert all(bounds.storable(step) for step in problem.path)
