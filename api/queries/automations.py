"""Automations as they are, and what they have done."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.types.automations import Automation, Delivery, DeliveryConnection
from api.types.common import After, First, page_parts, page_size
from domain.actors import Role
from domain.deliveries import DeliveryState


@strawberry.type
class AutomationQueries:
    @strawberry.field(description="The automations there are, the oldest first. Needs VIEWER.")
    async def automations(self, info: Info) -> list[Automation]:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        return [Automation.of(each) for each in await info.context.house.automations.all(workspace)]

    @strawberry.field(
        description="What automations have done, or have still to do, newest first. Needs VIEWER."
    )
    async def deliveries(
        self,
        info: Info,
        state: Annotated[
            DeliveryState | None, strawberry.argument(description="Only those in this state; null is any.")
        ] = None,
        automation: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only of this automation, be it deleted; null is any."),
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> DeliveryConnection:
        context = info.context
        workspace = context.allow(Role.VIEWER).workspace.id
        key = None if automation is None else ids.key_of("Automation", automation, "automation")
        page = await context.house.deliveries.page(workspace, state, key, page_size(first), after)
        return DeliveryConnection(**page_parts(page, Delivery.of))
