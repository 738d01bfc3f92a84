"""What is read of a lead after a mutation."""

from __future__ import annotations

from typing import Any

from tests.client import Client


async def lead(client: Client, wanted: str, external_id: str = "a") -> Any:
    """What is wanted of a lead."""
    query = f"query($id: String!) {{ lead(by: {{externalId: $id}}) {{ {wanted} }} }}"
    return await client(query, id=external_id)


async def level_of(client: Client, external_id: str = "a") -> str | None:
    level = (await lead(client, "engagement { level { name } }", external_id))["engagement"]["level"]
    return level and str(level["name"])
