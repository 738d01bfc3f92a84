"""What there is not is not found, whoever asks for it, and not made either."""

from __future__ import annotations

import pytest

from api.ids import PREFIXES
from tests.api.bad_input.inputs import LEAD_WRITES, NONSENSE, UNKNOWN, level, rule
from tests.api.calls import Json, refused
from tests.api.conftest import Contents
from tests.client import Client


@pytest.mark.parametrize(("mutation", "given"), LEAD_WRITES.items())
async def test_an_unknown_lead_is_not_found_and_not_made(
    client: Client, contents: Contents, mutation: str, given: Json
) -> None:
    before = await contents()

    refusal = await refused(client, mutation, lead={"id": UNKNOWN}, **given)

    assert refusal["__typename"] == "LeadNotFound"
    assert f"there is no lead '{UNKNOWN}' in this workspace" in refusal["message"]
    assert await contents() == before


@pytest.mark.parametrize("lead", [{"externalId": "unknown"}, {"email": "unknown@example.com"}], ids=str)
async def test_an_unknown_lead_is_not_made_to_be_deleted(
    client: Client, contents: Contents, lead: Json
) -> None:
    before = await contents()

    refusal = await refused(client, "deleteLead", lead=lead)

    assert refusal["__typename"] == "LeadNotFound"
    assert await contents() == before


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("saveRule", {"id": "rule_0123456789abcdef01234567", **rule()}),
        ("removeRule", {"id": "rule_0123456789abcdef01234567"}),
        ("updateLevel", {"dimension": "ENGAGEMENT", "name": "Tepid", "level": level()}),
        ("removeLevel", {"dimension": "ENGAGEMENT", "name": "Tepid"}),
        ("removeLevel", {"dimension": "PROFILE", "name": "Cold"}),
        *(
            ("revertLevels", {"dimension": "ENGAGEMENT", "version": version})
            for version in (2, -1, 2**31 - 1)
        ),
        # Version 0, no rules at all, never scored by anybody's doing; 2 is the draft's.
        *(("revertRules", {"version": version}) for version in (0, 2, 3, -1, 2**31 - 1)),
    ],
)
async def test_what_there_is_not_is_not_found(
    client: Client, contents: Contents, mutation: str, given: Json
) -> None:
    before = await contents()

    refusal = await refused(client, mutation, **given)

    assert refusal["__typename"] == "NotFound"
    assert refusal["id"] == given.get("id")
    assert refusal["message"].startswith("there is no ")
    assert await contents() == before


@pytest.mark.parametrize(
    "node_id",
    [
        *NONSENSE,
        "",
        UNKNOWN,
        *(prefix + key for prefix in PREFIXES.values() for key in ("0", "-1", "x.y", "\0", "9" * 20, "9" * 5_000, "³", "٣")),
        *(f"levels_{key}" for key in ("ENGAGEMENT", "ENGAGEMENT.", "ENGAGEMENT.2", f"ENGAGEMENT.{'9' * 20}", "engagement.1", "X.1")),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
async def test_nothing_has_an_id_that_was_never_given_out(client: Client, node_id: str) -> None:
    answer = await client.answer("query($id: ID!) { node(id: $id) { id } }", id=node_id)

    assert answer["data"] == {"node": None}
    assert [error["extensions"]["code"] for error in answer.get("errors", ())] in ([], ["InvalidInput"])
