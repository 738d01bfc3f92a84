"""Everything that can be wrong with a condition: where, and what."""

from __future__ import annotations

import pytest

from domain.conditions import All, Condition, Kind, Not, Operator, problems
from domain.errors import Fault, Problem
from tests.domain.conditions.builders import check, either, every, nested

GOOD = check("lead.email", Operator.EXISTS)
BAD = check("lead.shoeSize", Operator.EXISTS)
SCORES = ("lead.engagement.score", "lead.profile.score")
TEXTS = ("lead.email", "lead.name", "lead.company", "lead.externalId")
LEVELS = ("lead.engagement.level", "lead.profile.level")
OPEN_FIELDS = ("activity.a", "activity.a.b", "lead.attributes.a", "lead.attributes.a.b")
IN_PROFILE = (*TEXTS, "lead.tags", "lead.attributes.<name>")
EVERYWHERE = (*TEXTS, "lead.tags", *SCORES, *LEVELS, "lead.attributes.<name>", "activity.<property>")

TEXT, NUMBER, BOOLEAN, LIST, OBJECT, NULL = Kind
SCALAR = (TEXT, NUMBER, BOOLEAN)

EQUAL, CONTAIN = (Operator.EQUALS, Operator.NOT_EQUALS), (Operator.CONTAINS, Operator.NOT_CONTAINS)
OF_TEXTS = (Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.MATCHES)
OF_NUMBERS = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
ONE_OF, THERE = (Operator.IN, Operator.NOT_IN), (Operator.EXISTS, Operator.MISSING)
FIT: dict[str, tuple[Operator, ...]] = {
    **dict.fromkeys((*TEXTS, *LEVELS), (*EQUAL, *CONTAIN, *OF_TEXTS, *ONE_OF, *THERE)),
    **dict.fromkeys(SCORES, (*EQUAL, *OF_NUMBERS, *ONE_OF, *THERE)),
    "lead.tags": (*CONTAIN, *ONE_OF, *THERE),
    **dict.fromkeys(OPEN_FIELDS, tuple(Operator)),
}


def found(condition: Condition, *, profile: bool = False) -> list[Problem]:
    return list(problems(("condition",), condition, profile=profile))


def of_value(field: str, operator: Operator, value: object) -> list[Problem]:
    """The problems of a test's value, less the path to it; there must be no other."""
    problems_found = found(check(field, operator, value))
    assert all(problem.path[:3] == ("condition", "test", "value") for problem in problems_found)
    return [Problem(each.path[3:], each.fault, each.bound, each.actual) for each in problems_found]


def right(field: str, operator: Operator) -> object:
    """A value that is right for this operator of this field."""
    scalar = 1 if field in SCORES or operator in OF_NUMBERS else "a"
    return None if operator in THERE else [scalar] if operator in ONE_OF else scalar


@pytest.mark.parametrize(
    ("field", "operator"), [(field, each) for field, fitting in FIT.items() for each in fitting]
)
def test_an_operator_that_fits_its_field_with_a_value_that_fits_both_is_right(
    field: str, operator: Operator
) -> None:
    assert found(check(field, operator, right(field, operator))) == []


@pytest.mark.parametrize(
    ("field", "operator"),
    [(field, each) for field, fitting in FIT.items() for each in Operator if each not in fitting],
)
def test_an_operator_that_does_not_fit_its_field_is_refused_with_those_that_do(
    field: str, operator: Operator
) -> None:
    fitting = tuple(each.value for each in FIT[field])

    assert found(check(field, operator, right("activity.a", operator))) == [
        Problem(("condition", "test", "operator"), Fault.WRONG_OPERATOR, fitting, operator.value)
    ]


@pytest.mark.parametrize(
    "field",
    ["lead", "lead.Email", "email", "activity", "activity.", "lead.attributes.", "lead.score", "x", "."],
)
def test_an_unknown_field_is_refused_with_those_that_there_are(field: str) -> None:
    path = ("condition", "test", "field")

    assert found(check(field, Operator.GT, 1)) == [Problem(path, Fault.UNKNOWN_FIELD, EVERYWHERE, field)]
    assert found(check(field, Operator.GT, 1), profile=True) == [
        Problem(path, Fault.UNKNOWN_FIELD, IN_PROFILE, field)
    ]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("", Problem((), Fault.EMPTY)),
        (" ", Problem((), Fault.EMPTY)),
        ("activity." + "a" * 992, Problem((), Fault.TOO_LONG, 1_000, 1_001)),
        ("activity.\ud800", Problem((), Fault.NOT_STORABLE)),
    ],
)
def test_a_field_that_cannot_be_kept_is_refused_for_that_alone(field: str, problem: Problem) -> None:
    assert found(check(field, Operator.EXISTS)) == [problem.under("condition", "test", "field")]


def test_a_field_of_a_thousand_characters_is_right() -> None:
    assert found(check("activity." + "a" * 991, Operator.EXISTS)) == []


@pytest.mark.parametrize("field", ["activity.a", *SCORES, *LEVELS])
def test_a_rule_of_the_profile_may_ask_neither_for_the_activity_nor_for_scores_and_levels(field: str) -> None:
    condition = every(GOOD, Not(check(field, Operator.EXISTS)))

    assert found(condition) == []
    assert found(condition, profile=True) == [
        Problem(("condition", "all", "1", "not", "test", "field"), Fault.NOT_IN_PROFILE, IN_PROFILE, field)
    ]


@pytest.mark.parametrize("field", [*TEXTS, "lead.tags", "lead.attributes.a"])
def test_a_rule_of_the_profile_may_ask_for_what_the_lead_is(field: str) -> None:
    assert found(check(field, Operator.EXISTS), profile=True) == []


@pytest.mark.parametrize("operator", [Operator.EXISTS, Operator.MISSING])
@pytest.mark.parametrize("value", ["", "a", 0, False, [], {}])
def test_what_only_asks_whether_a_field_is_there_takes_no_value(operator: Operator, value: object) -> None:
    assert of_value("activity.a", operator, value) == [
        Problem((), Fault.TAKES_NO_VALUE, actual=operator.value)
    ]


@pytest.mark.parametrize(
    ("field", "operators", "kinds"),
    [
        ("activity.a", "EQUALS NOT_EQUALS CONTAINS NOT_CONTAINS", SCALAR),
        ("lead.attributes.a", "EQUALS NOT_EQUALS CONTAINS NOT_CONTAINS", SCALAR),
        ("activity.a", "STARTS_WITH ENDS_WITH MATCHES", (TEXT,)),
        ("activity.a", "GT GTE LT LTE", (NUMBER,)),
        ("activity.a", "IN NOT_IN", (LIST,)),
        ("lead.email", "EQUALS NOT_EQUALS CONTAINS NOT_CONTAINS STARTS_WITH ENDS_WITH MATCHES", (TEXT,)),
        ("lead.engagement.level", "EQUALS NOT_EQUALS", (TEXT,)),
        ("lead.tags", "CONTAINS NOT_CONTAINS", (TEXT,)),
        ("lead.tags", "IN NOT_IN", (LIST,)),
        ("lead.profile.score", "EQUALS NOT_EQUALS GT GTE LT LTE", (NUMBER,)),
        ("lead.profile.score", "IN NOT_IN", (LIST,)),
    ],
)
def test_a_value_of_another_kind_is_refused_with_the_kinds_that_will_do(
    field: str, operators: str, kinds: tuple[Kind, ...]
) -> None:
    values = {TEXT: "a", NUMBER: 1, BOOLEAN: True, LIST: ["a"], OBJECT: {}, NULL: None}
    for name in operators.split():
        for kind in set(Kind) - set(kinds):
            expected = [Problem((), Fault.WRONG_KIND, kinds, kind)]
            assert of_value(field, Operator(name), values[kind]) == expected


@pytest.mark.parametrize("operator", [Operator.IN, Operator.NOT_IN])
@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ("activity.a", ["a", 1, 1.5, True], []),
        ("activity.a", ["a"] * 100, []),
        ("activity.a", [], [Problem((), Fault.EMPTY)]),
        ("activity.a", ["a"] * 101, [Problem((), Fault.TOO_MANY, 100, 101)]),
        ("activity.a", ["a"] * 100 + [None], [Problem((), Fault.TOO_MANY, 100, 101)]),
        (
            "activity.a",
            [1, None, [1], {}],
            [
                Problem(("1",), Fault.WRONG_KIND, SCALAR, NULL),
                Problem(("2",), Fault.WRONG_KIND, SCALAR, LIST),
                Problem(("3",), Fault.WRONG_KIND, SCALAR, OBJECT),
            ],
        ),
        ("lead.email", ["a", 1], [Problem(("1",), Fault.WRONG_KIND, (TEXT,), NUMBER)]),
        ("lead.tags", [True], [Problem(("0",), Fault.WRONG_KIND, (TEXT,), BOOLEAN)]),
        ("lead.profile.score", [1, "1"], [Problem(("1",), Fault.WRONG_KIND, (NUMBER,), TEXT)]),
        ("activity.a", ["b" * 1_001, 2**63], [
            Problem(("0",), Fault.TOO_LONG, 1_000, 1_001), Problem(("1",), Fault.NOT_STORABLE)
        ]),
    ],
)  # fmt: skip
def test_a_list_has_1_to_100_scalars_each_right_for_the_field(
    operator: Operator, field: str, values: list[object], expected: list[Problem]
) -> None:
    assert of_value(field, operator, values) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        (" ", []),
        ("a" * 1_000, []),
        ("a" * 1_001, [Problem((), Fault.TOO_LONG, 1_000, 1_001)]),
        ("\ud800", [Problem((), Fault.NOT_STORABLE)]),
        (2**63 - 1, []),
        (-(2**63), []),
        (2**63, [Problem((), Fault.NOT_STORABLE)]),
        (float("inf"), [Problem((), Fault.NOT_STORABLE)]),
        (float("nan"), [Problem((), Fault.NOT_STORABLE)]),
        (True, []),
    ],
)
def test_a_value_is_one_that_can_be_kept(value: object, expected: list[Problem]) -> None:
    assert of_value("activity.a", Operator.EQUALS, value) == expected


def test_everything_that_is_wrong_with_one_test_is_told() -> None:
    assert found(check("lead.tags", Operator.GT, "a" * 1_001)) == [
        Problem(
            ("condition", "test", "operator"),
            Fault.WRONG_OPERATOR,
            ("CONTAINS", "NOT_CONTAINS", "IN", "NOT_IN", "EXISTS", "MISSING"),
            "GT",
        ),
        Problem(("condition", "test", "value"), Fault.WRONG_KIND, (NUMBER,), TEXT),
    ]


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        (BAD, "test"),
        (every(BAD), "all.0.test"),
        (either(GOOD, BAD), "any.1.test"),
        (Not(BAD), "not.test"),
        (every(GOOD, either(GOOD, GOOD, Not(BAD))), "all.1.any.2.not.test"),
    ],
)
def test_a_problem_says_where_it_stands_in_the_input(condition: Condition, path: str) -> None:
    (problem,) = problems(("rule", "condition"), condition, profile=False)

    assert problem.path == ("rule", "condition", *path.split("."), "field")


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        (every(), "all"),
        (either(), "any"),
        (every(GOOD, either()), "all.1.any"),
        (Not(every()), "not.all"),
        (Not(Not(Not(Not(every())))), "not.not.not.not.all"),
    ],
)
def test_an_empty_group_is_refused(condition: Condition, path: str) -> None:
    assert found(condition) == [Problem(("condition", *path.split(".")), Fault.EMPTY)]


@pytest.mark.parametrize("depth", [1, 4, 5])
def test_a_condition_may_be_nested_five_levels_deep(depth: int) -> None:
    assert found(nested(depth)) == []


@pytest.mark.parametrize("depth", [6, 7, 100, 100_000])
def test_a_condition_of_six_levels_is_too_deep(depth: int) -> None:
    condition: Condition = BAD
    for _ in range(depth - 1):
        condition = Not(condition)

    assert found(condition) == [Problem(("condition", *["not"] * 5), Fault.TOO_DEEP, 5)]


def test_each_group_that_is_too_deep_is_told_once() -> None:
    deep = every(every(every(every(GOOD, GOOD, BAD))))

    assert [(problem.path, problem.fault) for problem in found(either(deep, GOOD, deep))] == [
        (("condition", "any", at, *["all", "0"] * 3, "all"), Fault.TOO_DEEP) for at in ("0", "2")
    ]


def test_a_condition_may_have_50_tests_in_all() -> None:
    assert found(every(*[GOOD] * 20, either(*[GOOD] * 20), Not(either(*[GOOD] * 10)))) == []


def test_a_condition_of_51_tests_has_too_many() -> None:
    assert found(every(*[GOOD] * 20, either(*[GOOD] * 31))) == [
        Problem(("condition",), Fault.TOO_MANY_TESTS, 50, 51)
    ]


@pytest.mark.parametrize("each", [BAD, every(), every(every(every(every(GOOD))))])
def test_of_too_many_tests_only_the_first_50_are_looked_into(each: Condition) -> None:
    too_many, *rest = found(All((each,) * 20_000))

    assert too_many == Problem(("condition",), Fault.TOO_MANY_TESTS, 50, 20_000)
    assert len(rest) == 50
