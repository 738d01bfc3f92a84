"""What each operator says of each kind of value: tables."""

from __future__ import annotations

from typing import Any

import pytest

from domain.conditions import Kind, Operator
from domain.conditions.values import kind_of
from tests.domain.conditions.builders import holds_of

Case = tuple[Any, Any]
HUGE = 2**63 - 1

TRUE: dict[Operator, list[Case]] = {
    Operator.EQUALS: [
        ("a", "a"),
        ("A", "a"),
        ("straße", "STRASSE"),
        ("ﬁt", "FIT"),
        ("", ""),
        (" a", " a"),
        (1, 1),
        (1, 1.0),
        (1.0, 1),
        (0, -0.0),
        (HUGE, HUGE),
        (True, True),
        (False, False),
    ],
    Operator.CONTAINS: [
        ("pricing", "ICI"),
        ("straße", "SS"),
        ("a", ""),
        ("a", "a"),
        (["vip"], "VIP"),
        ([1, "x"], "x"),
        ([1], 1.0),
        ([[], {}, None, True], True),
        ([""], ""),
    ],
    Operator.STARTS_WITH: [("/Pricing/eu", "/pricing"), ("a", "a"), ("a", ""), ("ßa", "SS")],
    Operator.ENDS_WITH: [("ada@EXAMPLE.com", "@example.COM"), ("a", "a"), ("a", ""), ("aß", "SS")],
    Operator.MATCHES: [
        ("", ""),
        ("", "*"),
        ("", "**"),
        ("a", "a"),
        ("A", "a"),
        ("a", "?"),
        ("a", "*"),
        ("a", "*a*"),
        ("a", "a*"),
        ("abc", "a?c"),
        ("abc", "*c"),
        ("abc", "a*"),
        ("abc", "a**c"),
        ("abc", "?*?"),
        ("aab", "*ab"),
        ("abab", "*ab"),
        ("a\nb", "a*b"),
        ("a\nb", "a?b"),
        ("a.c", "a.c"),
        ("a*c", "a*c"),
        ("a?", "a?"),
        ("[a]", "[a]"),
        ("\\d+", "\\d+"),
        ("STRASSE", "stra*ße"),
        ("ß", "SS"),
        ("ß", "??"),
        ("https://a.example/pricing/eu", "https://*/pricing/*"),
        ("mississippi", "m*iss*ip?i"),
        ("\U0001f525", "?"),
    ],
    Operator.IN: [
        ("a", ["b", "A"]),
        (1, [2, 1.0]),
        (True, [True]),
        (["x", "a"], ["b", "a"]),
        ([[], {}, None, 2], [2]),
        ("", [""]),
        ("a", ["a"] * 100),
    ],
    Operator.GT: [(2, 1), (1.5, 1), (1, 0.5), (0, -1), (HUGE, HUGE - 1), (2**53 + 1, float(2**53))],
    Operator.GTE: [(2, 1), (1, 1), (1, 1.0), (0, -0.0)],
    Operator.LT: [(1, 2), (1, 1.5), (-1, 0), (HUGE - 1, HUGE)],
    Operator.LTE: [(1, 2), (1, 1), (1.0, 1)],
    Operator.EXISTS: [(each, None) for each in ("", "a", 0, 1, False, True, [], [None], {}, {"a": None})],
}
FALSE: dict[Operator, list[Case]] = {
    Operator.EQUALS: [
        ("a", "b"),
        ("a", "a "),
        ("é", "e"),
        ("1", 1),
        (1, "1"),
        (True, 1),
        (1, True),
        (0, False),
        (False, 0),
        (False, 0.0),
        ("true", True),
        (2**53 + 1, float(2**53)),
        (["a"], "a"),
        ({"a": 1}, 1),
        ([], ""),
        (["a"], ["a"]),
        ({}, {}),
        ("a", None),
    ],
    Operator.CONTAINS: [
        ("abc", "ac"),
        ("a", "ab"),
        ("12", 1),
        (12, 1),
        (12, "1"),
        (True, True),
        (["vip2"], "vip"),
        ([1], True),
        ([True], 1),
        ([["a"]], "a"),
        ([["a"]], ["a"]),
        ([None], None),
        ([], ""),
        ({"a": 1}, "a"),
    ],
    Operator.STARTS_WITH: [("abc", "b"), ("a", "ab"), (12, "1"), ("12", 1), (["a"], "a"), (True, "t")],
    Operator.ENDS_WITH: [("abc", "b"), ("a", "ba"), (12, "2"), ("12", 2), (["a"], "a"), (True, "e")],
    Operator.MATCHES: [
        ("a", ""),
        ("", "?"),
        ("", "a"),
        ("abc", "b"),
        ("abc", "a?"),
        ("abc", "?c"),
        ("abc", "*b"),
        ("abc", "b*"),
        ("abcd", "a?d"),
        ("ab", "a?*?"),
        ("a", "a?"),
        ("abc", "a.c"),
        ("aaa", "a+"),
        ("b", "[ab]"),
        ("ß", "?"),
        (1, "1"),
        ("1", 1),
        (["a"], "a"),
        ("a", ["a"]),
    ],
    Operator.IN: [
        ("a", ["b"]),
        ("a", []),
        ("a", "a"),
        ("a", "abc"),
        ("a", None),
        (1, [True]),
        (True, [1]),
        ("1", [1]),
        ([], ["a"]),
        (["a"], [["a"]]),
        (["a"], ["b"]),
        ([None], [None]),
        ({"a": 1}, ["a"]),
        ({}, [{}]),
    ],
    Operator.GT: [(1, 1), (1, 2), (True, 0), (1, False), ("2", 1), (2, "1"), ([2], 1), ("b", "a"), ({}, 1)],
    Operator.GTE: [(1, 2), (True, 1), (True, True), ("2", 1), ([], 0), ("b", "a")],
    Operator.LT: [(1, 1), (2, 1), (False, 1), (0, True), ("1", 2), ("a", "b"), (1, None)],
    Operator.LTE: [(2, 1), (False, 0), ("1", 2), ("a", "b")],
    Operator.EXISTS: [],
}
OPPOSITES = {
    Operator.NOT_EQUALS: Operator.EQUALS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_IN: Operator.IN,
    Operator.MISSING: Operator.EXISTS,
}


def cases(table: dict[Operator, list[Case]]) -> list[tuple[Operator, object, object]]:
    return [(operator, value, wanted) for operator, rows in table.items() for value, wanted in rows]


def test_the_tables_and_the_opposites_speak_of_every_operator() -> None:
    assert set(TRUE) | set(OPPOSITES) == set(Operator)
    assert set(FALSE) == set(TRUE) == set(Operator) - set(OPPOSITES)


@pytest.mark.parametrize(("operator", "value", "wanted"), cases(TRUE))
def test_an_operator_is_true(operator: Operator, value: object, wanted: object) -> None:
    assert holds_of(value, operator, wanted)


@pytest.mark.parametrize(("operator", "value", "wanted"), cases(FALSE))
def test_an_operator_is_false(operator: Operator, value: object, wanted: object) -> None:
    assert not holds_of(value, operator, wanted)


@pytest.mark.parametrize(("operator", "opposite"), OPPOSITES.items())
def test_an_opposite_is_true_where_its_operator_is_false(operator: Operator, opposite: Operator) -> None:
    assert [holds_of(value, operator, wanted) for value, wanted in TRUE[opposite]] == [False] * len(
        TRUE[opposite]
    )
    assert [holds_of(value, operator, wanted) for value, wanted in FALSE[opposite]] == [True] * len(
        FALSE[opposite]
    )


@pytest.mark.parametrize("operator", Operator)
@pytest.mark.parametrize("wanted", ["a", "", "*", 1, True, ["a"], None])
def test_of_a_missing_field_only_the_opposites_are_true(operator: Operator, wanted: object) -> None:
    assert holds_of(None, operator, wanted) is (operator in OPPOSITES)


@pytest.mark.parametrize(
    "pattern", ["*" + "a?" * 499 + "b", "*a" * 500 + "b", "?*" * 499 + "b", "a" * 999 + "b", "*" * 999 + "b"]
)
def test_no_pattern_takes_long_on_any_text(pattern: str) -> None:
    assert not holds_of("a" * 99_000, Operator.MATCHES, pattern)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a", Kind.TEXT),
        (1, Kind.NUMBER),
        (1.5, Kind.NUMBER),
        (True, Kind.BOOLEAN),
        ([], Kind.LIST),
        ((), Kind.LIST),
        ({}, Kind.OBJECT),
        (None, Kind.NULL),
    ],
)
def test_a_value_is_of_one_kind(value: object, kind: Kind) -> None:
    assert kind_of(value) is kind
