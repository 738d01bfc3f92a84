"""Conditions as a caller writes them."""

from __future__ import annotations

from typing import Any

import strawberry

from api.scalars import JSON
from api.types.common import describe
from domain.conditions import All, AnyOf, Condition, Not, Operator, Test

UNSET: Any = strawberry.UNSET

describe(
    Operator,
    "How a field is held against a value. Texts compare without regard to case. A field that is missing or null makes "
    "every test false, but NOT_EQUALS, NOT_CONTAINS, NOT_IN and MISSING true.",
    EQUALS="Text equals text, number number (1 is 1.0), boolean boolean. A list or an object equals nothing.",
    NOT_EQUALS="The opposite of EQUALS, so also true of a list, of another kind of value, and of nothing.",
    CONTAINS="A text has the value, a text, somewhere in it; or one of a list's elements equals the value.",
    NOT_CONTAINS="The opposite of CONTAINS.",
    STARTS_WITH="A text begins with the value, a text.",
    ENDS_WITH="A text ends with the value, a text.",
    MATCHES=(
        "The whole text is as the value, a text: in it, * stands for any text, also none, and ? for one character. "
        "There is no escape, and no regular expression; a text over 1,000 characters matches nothing."
    ),
    IN="The field, or one element of a list, equals one of the values, a list.",
    NOT_IN="The opposite of IN.",
    GT="A number greater than the value, a number.",
    GTE="A number greater than the value, a number, or equal to it.",
    LT="A number less than the value, a number.",
    LTE="A number less than the value, a number, or equal to it.",
    EXISTS="The field is there, and not null. Takes no value.",
    MISSING="The field is not there, or null. Takes no value.",
)


@strawberry.input(description="One field, held against a value.")
class TestInput:
    field: str = strawberry.field(
        description=(
            "What is held against the value: `activity.<property>`, where a dot goes into an object; `lead.email`, "
            "`lead.name`, `lead.company` or `lead.externalId`, which are texts; `lead.tags`, a list, and missing when "
            "there are none; `lead.attributes.<name>`, with dots again; `lead.engagement.score` or "
            "`lead.profile.score`; `lead.engagement.level` or `lead.profile.level`, a level's name. A property whose "
            "own name has dots is found, too, and before any other; an element of a list by its number is not. "
            "A rule of the profile has no activity, and may not ask for scores and levels."
        )
    )
    operator: Operator = strawberry.field(description="How; one that fits the field.")
    value: JSON | None = strawberry.field(
        default=None,
        description=(
            "What to compare with: a text of at most 1,000 characters, a number or a boolean, of the kind that the "
            "field has; a list of 1 to 100 of them for IN and NOT_IN; nothing for EXISTS and MISSING."
        ),
    )

    def test(self) -> Test:
        return Test(self.field, self.operator, self.value)


@strawberry.input(
    one_of=True,
    description=(
        "What must hold: at most 50 tests in all, nested at most 5 deep, where a test alone is 1. As in "
        '{ test: { field: "lead.company", operator: EXISTS } }.'
    ),
)
class ConditionInput:
    all_: list[ConditionInput] | None = strawberry.field(
        name="all", default=UNSET, description="All of these hold; at least one."
    )
    any_: list[ConditionInput] | None = strawberry.field(
        name="any", default=UNSET, description="At least one of these holds; at least one."
    )
    not_: ConditionInput | None = strawberry.field(
        name="not", default=UNSET, description="This does not hold."
    )
    test: TestInput | None = strawberry.field(default=UNSET, description="This test is true.")

    def condition(self) -> Condition:
        """The condition, not yet checked: `domain.conditions.problems` says what is wrong with it."""
        if self.test:
            return self.test.test()
        if self.not_:
            return Not(self.not_.condition())
        if self.any_ is not UNSET:
            return AnyOf(tuple(each.condition() for each in self.any_ or ()))
        return All(tuple(each.condition() for each in self.all_ or ()))
