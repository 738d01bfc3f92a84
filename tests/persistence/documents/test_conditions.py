"""A condition survives the way into a document and back, through the bytes that the database keeps."""

from __future__ import annotations

import json
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import conditions
from domain.conditions import All, AnyOf, Condition, Not, Operator, problems
from persistence.documents import from_condition, to_condition
from tests.domain.conditions.strategies import FIELDS, trees
from tests.domain.strategies import OPEN

SCALARS = st.text(max_size=5) | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e18, 1e18)
VALUES = st.none() | SCALARS | st.lists(SCALARS, max_size=4)
TESTS = st.builds(conditions.Test, FIELDS, st.sampled_from(Operator), VALUES)
CLICKED = conditions.Test("activity.url", Operator.MATCHES, "*/pricing*")
GOOD_FIT = All(
    (
        conditions.Test("lead.attributes.seats", Operator.GT, 10),
        AnyOf((conditions.Test("lead.tags", Operator.IN, ["vip", "beta"]), Not(CLICKED))),
        conditions.Test("lead.email", Operator.EXISTS),
        conditions.Test("activity.paid", Operator.EQUALS, value=False),
    )
)
DOCUMENT: dict[str, Any] = {
    "all": [
        {"test": {"field": "lead.attributes.seats", "operator": "GT", "value": 10}},
        {
            "any": [
                {"test": {"field": "lead.tags", "operator": "IN", "value": ["vip", "beta"]}},
                {"not": {"test": {"field": "activity.url", "operator": "MATCHES", "value": "*/pricing*"}}},
            ]
        },
        {"test": {"field": "lead.email", "operator": "EXISTS"}},
        {"test": {"field": "activity.paid", "operator": "EQUALS", "value": False}},
    ]
}


@OPEN
@given(trees(TESTS))
def test_a_condition_survives_its_document_through_the_database_s_bytes(condition: Condition) -> None:
    read = to_condition(bson.decode(bson.encode({"it": from_condition(condition)}))["it"])

    # By their written forms, too: 1 equals True and 1.0, and is not the same.
    assert (read, repr(read)) == (condition, repr(condition))


@OPEN
@given(trees(TESTS))
def test_a_condition_s_document_is_json(condition: Condition) -> None:
    document = from_condition(condition)

    assert json.loads(json.dumps(document)) == document


def test_a_condition_s_document_has_the_shape_of_the_input() -> None:
    assert from_condition(GOOD_FIT) == DOCUMENT
    assert to_condition(DOCUMENT) == GOOD_FIT
    assert list(problems((), GOOD_FIT, profile=False)) == []


@pytest.mark.parametrize("operator", Operator)
def test_every_operator_survives_its_document(operator: Operator) -> None:
    test = conditions.Test("lead.email", operator, "a")

    assert to_condition(from_condition(test)) == test
