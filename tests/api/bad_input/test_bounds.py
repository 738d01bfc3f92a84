"""What is just within the bounds is taken."""

from __future__ import annotations

from tests.api.bad_input.inputs import ahead, nested
from tests.api.calls import Json, done
from tests.api.scenes import with_levels
from tests.client import Client

EXTERNAL_ID, EMAIL = "x" * 255, "e" * 320
LONGEST_LEAD: Json = {
    "name": "n" * 200,
    "company": "c" * 200,
    "email": EMAIL,
    "attributes": {"text": "x" * 99_989},
    "addTags": [f"{number:0200}" for number in range(100)],
}
MANY_LEVELS: list[Json] = [{"name": str(number), "min": number, "max": number} for number in range(50)]
VALUES = {"number": 2**63 - 1, "least": -(2**63), "dotted.name": 1.5, "text": "nul \0", "none": None}


def longest_activity() -> Json:
    """The longest in every way, at about the latest time."""
    return {
        "kind": "K" * 64,
        "key": "k" * 255,
        "properties": nested(10),
        "occurredAt": ahead(hours=23, minutes=50),
    }


async def test_what_is_just_within_the_bounds_is_taken(other: Client) -> None:
    lead = {"externalId": EXTERNAL_ID}
    await done(other, "upsertLead", "lead { id }", lead=lead, **LONGEST_LEAD)
    await done(other, "recordActivity", "lead { id }", lead=lead, activity=longest_activity())
    for delta in (1_000_000, -1_000_000):
        await done(
            other, "adjustScore", "change { delta }", lead={"email": EMAIL}, delta=delta, reason="r" * 1_000
        )
    await with_levels(other, MANY_LEVELS, comment="c" * 1_000)
    recorded = await done(
        other,
        "recordActivity",
        "activity { properties }",
        lead={"externalId": "b"},
        activity={"kind": "K2", "properties": VALUES},
    )

    found = await other("{ leads { totalCount edges { node { name tags } } } }")
    assert found["totalCount"] == 2
    assert max(len(edge["node"]["tags"]) for edge in found["edges"]) == 100
    assert recorded["activity"]["properties"] == VALUES
