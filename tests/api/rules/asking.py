"""What the API says of rules: as they are drafted, in force and past, and of what they pay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api.scalars import now
from tests.api.calls import Json, done
from tests.api.scenes import check
from tests.client import Client

RULE = "id name dimension isEnabled activity condition points limit { times per } maxPoints"
SET = f"""version state basedOn floor ceiling comment createdAt createdBy {{ name }} publishedAt publishedBy {{ name }}
  rules {{ {RULE} }}"""
PART = "points suppressed rule { name }"
CLICK: Json = {"name": "A click", "activity": "CLICK", "points": 30}
PROFILE: Json = {"name": "In the EU", "dimension": "PROFILE", "points": 20}
LOSS: Json = {"name": "Goes away", "activity": "UNSUBSCRIBED", "points": -5}

Given = tuple[int, str | None]


IN_EU = check("lead.tags", "CONTAINS", "eu")


def at(day: str, hour: int = 12) -> str:
    """An hour of that day of 2025, as in "03-31"."""
    return datetime.fromisoformat(f"2025-{day}T{hour:02}:00:00").replace(tzinfo=UTC).isoformat()


def in_years(years: int) -> str:
    today = now()
    return today.replace(year=today.year + years, day=1).isoformat()


async def save(client: Client, rule: Json, **given: Any) -> Json:
    """Save a rule in the draft, and return it as it came back."""
    saved: Json = (await done(client, "saveRule", f"rule {{ {RULE} }}", rule=rule, **given))["rule"]
    return saved


async def publish(client: Client, *rules: Json, **given: Any) -> list[str]:
    """Add these rules to the draft and publish it; the ids of the rules."""
    ids = [str((await save(client, rule))["id"]) for rule in rules]
    await done(client, "publishRules", "ruleSet { version }", **given)
    return ids


async def rule_set(client: Client, state: str = "PUBLISHED", wanted: str = SET) -> Json | None:
    found: Json | None = await client(
        f"query($state: RuleSetState) {{ ruleSet(state: $state) {{ {wanted} }} }}", state=state
    )
    return found


async def history(client: Client, wanted: str = SET) -> list[Json]:
    """Every rule set, newest first."""
    found = await client(f"{{ ruleSets(first: 50) {{ edges {{ node {{ {wanted} }} }} }} }}")
    return [edge["node"] for edge in found["edges"]]


async def versions(client: Client) -> list[tuple[int, str]]:
    return [(each["version"], each["state"]) for each in await history(client, "version state")]


async def record(client: Client, lead: str = "a", kind: str = "CLICK", **activity: Any) -> list[Given]:
    """Record an activity; what each rule of engagement gave for it, and why it gave less."""
    recorded = await done(
        client,
        "recordActivity",
        f"changes {{ dimension delta parts {{ {PART} }} }}",
        lead={"externalId": lead},
        activity={"kind": kind, **activity},
    )
    changes = [each for each in recorded["changes"] if each["dimension"] == "ENGAGEMENT"]
    assert [each["delta"] for each in changes] == [
        sum(part["points"] for part in each["parts"]) for each in changes
    ]
    return given(part for each in changes for part in each["parts"])


def given(parts: Any) -> list[Given]:
    return [(part["points"], part["suppressed"]) for part in parts]


async def upsert(client: Client, lead: str = "a", **known: Any) -> Json:
    """Make a lead known, or better known; where it stands then."""
    wanted = "created lead { id version profile { score contributions { source points } } }"
    upserted: Json = await done(client, "upsertLead", wanted, lead={"externalId": lead}, **known)
    return upserted


async def score(client: Client, lead: str = "a", dimension: str = "engagement") -> int:
    found = await client(
        f"query($id: String!) {{ lead(by: {{externalId: $id}}) {{ {dimension} {{ score }} }} }}", id=lead
    )
    return int(found[dimension]["score"])


async def entries(client: Client, lead: str = "a", dimension: str = "PROFILE") -> list[Json]:
    """What the history of a lead says of its moves there, oldest first."""
    found = await client(
        f"""query($id: String!, $dimension: Dimension) {{ lead(by: {{externalId: $id}}) {{
          history(dimension: $dimension, first: 50) {{ edges {{ node {{
            cause delta scoreAfter ruleSetVersion actor {{ name }} parts {{ {PART} }} }} }} }} }} }}""",
        id=lead,
        dimension=dimension,
    )
    return [edge["node"] for edge in reversed(found["history"]["edges"])]


async def tried(client: Client, *activities: Json, **given: Any) -> Json:
    """What rules would make of these activities: those of the draft, unless told otherwise."""
    found: Json = await client(
        f"""query($input: TestRulesInput!) {{ testRules(input: $input) {{
          before {{ dimension score level {{ name }} }} after {{ score level {{ name }} }} parts {{ {PART} }} }} }}""",
        input={"activities": list(activities), **given},
    )
    return found


async def warnings(client: Client, state: str = "DRAFT") -> list[str]:
    found = await rule_set(client, state, "warnings")
    assert found is not None
    told: list[str] = found["warnings"]
    return told
