"""Who asks, and anything by its id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.queries.levels import in_force
from api.types.activities import Activity
from api.types.automations import Automation, Delivery
from api.types.common import Actor, Node, Workspace
from api.types.jobs import Job
from api.types.leads import Lead, ScoreChange
from api.types.rules import Rule, RuleSet
from domain.actors import Role
from domain.errors import NotFound
from domain.levels import Dimension

VERSION_DIGITS = 10


@strawberry.type(description="Whoever the key stands for.")
class Viewer:
    actor: Actor = strawberry.field(description="The name that changes are signed with.")
    role: Role = strawberry.field(description="What the key may do.")
    workspace: Workspace = strawberry.field(description="The one workspace that the key opens.")


@strawberry.type
class ViewerQueries:
    @strawberry.field(description="Whoever the key stands for. Needs VIEWER.")
    def viewer(self, info: Info) -> Viewer:
        viewer = info.context.allow(Role.VIEWER)
        return Viewer(
            actor=Actor.of(viewer.actor), role=viewer.role, workspace=Workspace.of(viewer.workspace)
        )

    @strawberry.field(
        description="Anything of this workspace by its id; null when there is no such thing. Needs VIEWER."
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002 - the contract's name
    ) -> Node | None:
        info.context.allow(Role.VIEWER)
        kind = ids.kind_of(id)
        if kind is None:
            return None
        return await NODES[kind](info, ids.key_of(kind, id, "id"))


async def _workspace(info: Info, key: str) -> Node | None:
    workspace = info.context.allow(Role.VIEWER).workspace
    return Workspace.of(workspace) if workspace.id == key else None


async def _lead(info: Info, key: str) -> Node | None:
    lead = await info.context.lead(key)
    return Lead.of(lead, await info.context.scoring()) if lead else None


async def _activity(info: Info, key: str) -> Node | None:
    activity = await info.context.activity(key)
    return Activity.of(activity) if activity else None


async def _score_change(info: Info, key: str) -> Node | None:
    context = info.context
    found = await context.house.history.changes_by_ids(context.workspace, [key])
    return ScoreChange.of(found[key]) if key in found else None


async def _level_set(info: Info, key: str) -> Node | None:
    dimension, _, digits = key.partition(".")
    version = _number(digits)
    if dimension not in Dimension.__members__ or version is None:
        return None
    try:
        return await in_force(info, Dimension[dimension], version)
    except NotFound:
        return None


async def _rule_set(info: Info, key: str) -> Node | None:
    version = _number(key)
    if version is None:
        return None
    found = await info.context.house.rule_sets.numbered(info.context.workspace, version)
    return RuleSet.of(found) if found else None


def _number(digits: str) -> int | None:
    # Python refuses to read numbers of thousands of digits, and no version has more than ten.
    return int(digits) if digits.isdecimal() and len(digits) <= VERSION_DIGITS else None


async def _rule(info: Info, key: str) -> Node | None:
    return Rule.maybe(await info.context.house.rule_sets.rule(info.context.workspace, key))


async def _job(info: Info, key: str) -> Node | None:
    found = await info.context.house.jobs.find(info.context.workspace, key)
    return Job.of(found) if found else None


async def _automation(info: Info, key: str) -> Node | None:
    found = await info.context.house.automations.find(info.context.workspace, key)
    return Automation.of(found) if found else None


async def _delivery(info: Info, key: str) -> Node | None:
    found = await info.context.house.deliveries.find(info.context.workspace, key)
    return Delivery.of(found) if found else None


NODES: dict[str, Callable[[Info, str], Awaitable[Node | None]]] = {
    "Workspace": _workspace,
    "Lead": _lead,
    "Activity": _activity,
    "ScoreChange": _score_change,
    "LevelSet": _level_set,
    "RuleSet": _rule_set,
    "Rule": _rule,
    "Job": _job,
    "Automation": _automation,
    "Delivery": _delivery,
}
