"""Leads as they stand now."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.inputs import LeadFilterInput, LeadOrderInput, LeadRefInput
from api.types.common import After, First, page_parts, page_size
from api.types.leads import Lead, LeadConnection
from domain.actors import Role
from persistence.leads import LeadFilter, LeadOrder


@strawberry.type
class LeadQueries:
    @strawberry.field(description="A lead by any name it has; null when there is none. Needs VIEWER.")
    async def lead(
        self, info: Info, by: Annotated[LeadRefInput, strawberry.argument(description="How it is named.")]
    ) -> Lead | None:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        lead = await info.context.house.leads.find(workspace, by.ref("by"))
        return Lead.of(lead, await info.context.scoring()) if lead else None

    @strawberry.field(
        description=(
            "The leads that meet a filter, in an order; the hottest first unless told otherwise. Pages that are "
            "read one after the other neither skip nor repeat a lead, even if its score moves meanwhile: they are "
            "picked from the list as it was when the first page was read, for five minutes, and show each lead as "
            "it is. Needs VIEWER."
        )
    )
    async def leads(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the contract's name
            LeadFilterInput | None, strawberry.argument(description="Which; null is all.")
        ] = None,
        order_by: Annotated[
            LeadOrderInput | None,
            strawberry.argument(description="The order; the highest engagement first if null."),
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> LeadConnection:
        context = info.context
        scoring = await context.scoring()
        wanted = filter.wanted(scoring) if filter else LeadFilter()
        order = order_by.order() if order_by else LeadOrder()
        page = await context.house.leads.page(context.workspace, wanted, order, page_size(first), after)
        return LeadConnection(**page_parts(page, lambda lead: Lead.of(lead, scoring)), wanted=wanted)
