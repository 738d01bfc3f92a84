"""What does not fit the types of the schema is explained, and leaves no trace."""

from __future__ import annotations

import pytest

from tests.api.bad_input.inputs import LEAD, UNKNOWN, adjustment
from tests.api.calls import Json, document
from tests.api.conftest import Contents
from tests.client import Client


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lead": {}}, "OneOf Input Object 'LeadRef' must specify exactly one key"),
        ({"lead": {"id": UNKNOWN, "email": "a@example.com"}}, "must specify exactly one key"),
        ({"lead": {"externalId": "a", "email": "a@example.com"}}, "must specify exactly one key"),
        ({"lead": {"externalId": None}}, "must be non-null"),
        ({"lead": {"phone": "5"}}, "not to include unknown field 'phone'"),
        ({"lead": "a"}, "to be an object"),
        ({"lead": LEAD, "activity": {"kind": 5}}, "String cannot represent a non string value: 5"),
        ({"lead": LEAD, "activity": {}}, "activity"),
        ({"lead": LEAD, "activity": None}, "non-null"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_the_schema_is_explained(
    client: Client, contents: Contents, given: Json, words: str
) -> None:
    before = await contents()

    message = await client.error(
        document("Mutation", "recordActivity"), input={"activity": {"kind": "CLICK"}, **given}
    )

    assert words in message
    assert await contents() == before


@pytest.mark.parametrize("delta", [1.5, "5", True, None, 2**31, -(2**31) - 1, 10**30, [1, 2]], ids=str)
async def test_what_is_no_whole_number_is_explained(
    client: Client, contents: Contents, delta: object
) -> None:
    before = await contents()

    message = await client.error(document("Mutation", "adjustScore"), input=adjustment(delta=delta))

    assert "'$input' has invalid value at .delta" in message
    assert await contents() == before
