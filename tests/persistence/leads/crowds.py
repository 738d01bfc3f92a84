"""Leads as they are stored for these tests, many of them alike, and moved about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from api.context import House
from domain.actors import Workspace
from domain.contributions import Contribution
from domain.leads import Lead, Position, Standing
from domain.levels import Dimension
from persistence.documents import from_lead
from persistence.mongo import Mongo, new_id
from tests.persistence.given import accepted, adjusted, by_id, clicked

THEN = datetime.fromisoformat("2026-03-01T09:30:00.001Z")


def a_lead(number: int, engagement: int = 0, profile: int = 0, **fields: Any) -> Lead:
    standing = Standing(
        Position(engagement, None, 0), THEN, {"adjustments": Contribution("Adjustments", engagement, 1)}
    )
    lead = Lead(new_id(), standing, standing, THEN, THEN, THEN, external_id=f"crm-{number}", version=1)
    return replace(lead, profile=Standing(Position(profile, None, 0), THEN), **fields)


async def store(mongo: Mongo, workspace: Workspace, *leads: Lead) -> None:
    await mongo.leads.insert_many([from_lead(workspace.id, lead) for lead in leads])


def scattered(count: int, seed: int = 0) -> list[Lead]:
    """Leads that share their scores and moments, so that only ids keep them apart."""
    random = Random(seed)
    return [
        a_lead(
            number,
            random.randrange(-2, 3),
            random.randrange(4),
            created_at=THEN + timedelta(milliseconds=random.randrange(4)),
            last_activity_at=random.choice([None, THEN, THEN + timedelta(days=random.randrange(3))]),
        )
        for number in range(count)
    ]


async def move(house: House, workspace: Workspace, leads: list[Lead], random: Random) -> None:
    """Change the scores and last activities of some leads, up and down."""
    chosen = random.sample(leads, len(leads) // 3)
    accepted(
        await house.ledger.apply_all(
            workspace.id,
            [
                (by_id(lead.id), change)
                for lead in chosen
                for change in (
                    adjusted(random.choice([-3, -1, 1, 4]), dimension=random.choice([*Dimension])),
                    clicked(),
                )[: random.randint(1, 2)]
            ],
        )
    )
