"""A condition as a caller writes it, inline or as a variable, becomes the condition that it says."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import build_schema
from strawberry.schema.config import StrawberryConfig

from api.conditions import ConditionInput
from api.errors import problem_in_words
from api.scalars import JSON, SCALARS
from domain.conditions import All, AnyOf, Condition, Not, Operator, problems
from persistence.documents import from_condition
from tests.api.test_schema import undescribed
from tests.domain.conditions.builders import check, every


@strawberry.type
class Query:
    @strawberry.field
    def said(self, condition: ConditionInput) -> JSON:
        return JSON(from_condition(condition.condition()))

    @strawberry.field
    def wrong(self, condition: ConditionInput) -> list[str]:
        return [
            f"{'.'.join(problem.path)} {problem_in_words(problem).message}"
            for problem in problems(("condition",), condition.condition(), profile=True)
        ]


schema = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
SDL = build_schema(schema.as_str())

BOUGHT = '{ test: { field: "activity.paid", operator: EQUALS, value: true } }'
SAID: list[tuple[str, Condition]] = [
    (BOUGHT, check("activity.paid", Operator.EQUALS, value=True)),
    ('{ test: { field: "lead.email", operator: EXISTS } }', check("lead.email", Operator.EXISTS)),
    (
        '{ test: { field: "lead.email", operator: EXISTS, value: null } }',
        check("lead.email", Operator.EXISTS),
    ),
    (
        '{ test: { field: "activity.n", operator: IN, value: [1, 1.5, "a", false] } }',
        check("activity.n", Operator.IN, [1, 1.5, "a", False]),
    ),
    (f"{{ all: [{BOUGHT}] }}", every(check("activity.paid", Operator.EQUALS, value=True))),
    (f"{{ all: {BOUGHT} }}", every(check("activity.paid", Operator.EQUALS, value=True))),
    ("{ all: [] }", All(())),
    ("{ any: [] }", AnyOf(())),
    ("{ not: { any: [{ all: [] }, { not: { all: [] } }] } }", Not(AnyOf((All(()), Not(All(())))))),
]


async def asked(document: str, **variables: Any) -> Any:
    result = await schema.execute(document, variables)
    assert result.errors is None
    assert result.data is not None
    return next(iter(result.data.values()))


@pytest.mark.parametrize(("written", "condition"), SAID)
async def test_a_condition_is_what_it_says(written: str, condition: Condition) -> None:
    assert await asked(f"{{ said(condition: {written}) }}") == from_condition(condition)


@pytest.mark.parametrize("condition", [condition for _, condition in SAID])
async def test_a_condition_that_was_read_can_be_written_again(condition: Condition) -> None:
    document = from_condition(condition)

    assert await asked("query($c: ConditionInput!) { said(condition: $c) }", c=document) == document


@pytest.mark.parametrize("written", ["{}", "{ all: [], any: [] }", "{ all: null }", "{ test: null }"])
async def test_a_part_of_a_condition_is_exactly_one_thing(written: str) -> None:
    result = await schema.execute(f"{{ said(condition: {written}) }}")

    assert result.errors


async def test_a_condition_of_a_hundred_levels_is_refused_in_words() -> None:
    nested: dict[str, Any] = {"all": []}
    for _ in range(99):
        nested = {"not": nested}

    wrong = await asked("query($c: ConditionInput!) { wrong(condition: $c) }", c=nested)

    assert wrong == ["condition.not.not.not.not.not may be nested at most 5 levels deep"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (BOUGHT, "condition.test.field names 'activity.paid', but a rule of the profile has no activity"),
        (
            '{ test: { field: "lead.size", operator: EXISTS } }',
            "no such field; there are lead.email, lead.name",
        ),
        (
            '{ test: { field: "lead.tags", operator: EQUALS, value: "a" } }',
            "fits the field: CONTAINS, NOT_CON",
        ),
        ('{ test: { field: "lead.name", operator: EQUALS, value: 1 } }', "must be a text; it is a number"),
        ('{ test: { field: "lead.attributes.a", operator: CONTAINS } }', "a number or a boolean; it is null"),
        (
            '{ test: { field: "lead.name", operator: EXISTS, value: 1 } }',
            "must be left out: EXISTS takes none",
        ),
        (f"{{ all: [{', '.join(['{ all: [] }'] * 51)}] }}", "may have at most 50 tests in all; it has 51"),
    ],
)
async def test_what_is_wrong_is_said_so_that_it_can_be_put_right(written: str, words: str) -> None:
    first, *_ = await asked(f"{{ wrong(condition: {written}) }}")

    assert words in first


@pytest.mark.parametrize("name", ["ConditionInput", "TestInput", "Operator"])
def test_a_condition_can_be_written_from_the_schema_alone(name: str) -> None:
    assert list(undescribed(SDL.type_map[name])) == []
