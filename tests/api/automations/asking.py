"""How the tests of automations speak of them."""

from __future__ import annotations

from typing import Any

from tests.api.calls import Json, done
from tests.client import Client

ENTERS_HOT: Json = {"event": "TIER_ENTERED", "level": "Hot"}
TAG: Json = {"kind": "ADD_TAG", "tag": "hot"}
HOOK: Json = {"kind": "WEBHOOK", "url": "http://127.0.0.1:9/hook"}


def automation(trigger: Json = ENTERS_HOT, *actions: Json, **more: Any) -> Json:
    return {"name": "Tell sales", "trigger": trigger, "actions": list(actions) or [TAG], **more}


async def create(client: Client, trigger: Json = ENTERS_HOT, *actions: Json, **more: Any) -> str:
    """The id of a new automation."""
    given = automation(trigger, *actions, **more)
    made = await done(client, "createAutomation", "automation { id }", automation=given)
    automation_id: str = made["automation"]["id"]
    return automation_id


async def deliveries(client: Client, wanted: str, **given: Any) -> list[Json]:
    """The deliveries there are, the newest first."""
    found = await client(
        "query($state: DeliveryState, $automation: ID) "
        f"{{ deliveries(state: $state, automation: $automation, first: 100) {{ edges {{ node {{ {wanted} }} }} }} }}",
        **given,
    )
    return [edge["node"] for edge in found["edges"]]
