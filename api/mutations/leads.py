"""Leads made known, and removed."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.direct import direct
from api.inputs import LeadRefInput, UpsertLeadInput
from api.mutations.payloads import applied, applied_one
from api.types.leads import Lead
from api.types.refusals import InvalidInput, LeadNotFound
from domain.actors import Role
from domain.scoring import Outcome


@strawberry.type(description="The lead as it is now.")
class UpsertLeadPayload:
    created: bool = strawberry.field(description="Whether it was unknown before.")
    outcome: strawberry.Private[Outcome]

    @strawberry.field(description="The lead.")
    def lead(self) -> Lead:
        return Lead.of(self.outcome.lead, self.outcome.scoring)

    @classmethod
    def of(cls, outcome: Outcome) -> UpsertLeadPayload:
        return cls(created=outcome.created, outcome=outcome)


UpsertLeadResult = Annotated[
    UpsertLeadPayload | LeadNotFound | InvalidInput,
    strawberry.union("UpsertLeadResult", description="The lead, or why nothing was changed."),
]


@direct
@strawberry.input(description="Several leads to make known.")
class UpsertLeadsInput:
    leads: list[UpsertLeadInput] = strawberry.field(description="At most 1,000; each stands by itself.")


@strawberry.type(description="What became of each lead.")
class UpsertLeadsPayload:
    results: list[UpsertLeadResult] = strawberry.field(description="One for each item, in the input's order.")


UpsertLeadsResult = Annotated[
    UpsertLeadsPayload | InvalidInput,
    strawberry.union("UpsertLeadsResult", description="The results, or why none was tried."),
]


@strawberry.input(description="A lead to remove.")
class DeleteLeadInput:
    lead: LeadRefInput = strawberry.field(description="Which.")


@strawberry.type(description="The lead is gone, with its activities and its history.")
class DeleteLeadPayload:
    deleted_id: strawberry.ID = strawberry.field(description="The id that it had.")


DeleteLeadResult = Annotated[
    DeleteLeadPayload | LeadNotFound | InvalidInput,
    strawberry.union("DeleteLeadResult", description="The id, or why nothing was removed."),
]


@strawberry.input(description="Two leads that are one.")
class MergeLeadsInput:
    into: LeadRefInput = strawberry.field(description="The lead that stays.")
    from_: LeadRefInput = strawberry.field(name="from", description="The lead that becomes part of it.")


@strawberry.type(description="The lead that both are now.")
class MergeLeadsPayload:
    lead: Lead = strawberry.field(description="The lead.")


MergeLeadsResult = Annotated[
    MergeLeadsPayload | LeadNotFound | InvalidInput,
    strawberry.union("MergeLeadsResult", description="The lead, or why nothing was merged."),
]


@strawberry.type
class LeadMutations:
    @strawberry.mutation(
        description=(
            "Make one lead of two: their activities, adjustments, tags and attributes are joined, what `into` knows of "
            "itself stays, and all that both did is scored again in the order in which it happened. Every name of the "
            "other, its id too, names this one from then on. The other's entries stay in the workspace's `history`, under "
            "this lead, whose own hold their sum as one of cause MERGE. Merging again what is merged does nothing. Needs "
            "INTEGRATION."
        )
    )
    async def merge_leads(
        self,
        info: Info,
        input: Annotated[MergeLeadsInput, strawberry.argument(description="The leads.")],  # noqa: A002
    ) -> MergeLeadsResult:
        context = info.context
        workspace = context.allow(Role.INTEGRATION).workspace.id
        into, other = input.into.ref("into"), input.from_.ref("from")
        outcome = await context.house.corrections.merge(workspace, into, other, context.actor)
        return MergeLeadsPayload(lead=Lead.of(outcome.lead, outcome.scoring))

    @strawberry.mutation(description="Make a lead known, or say more of one that is. Needs INTEGRATION.")
    async def upsert_lead(
        self,
        info: Info,
        input: Annotated[UpsertLeadInput, strawberry.argument(description="The lead.")],  # noqa: A002
    ) -> UpsertLeadResult:
        info.context.allow(Role.INTEGRATION)
        return UpsertLeadPayload.of(await applied_one(info.context, input))

    @strawberry.mutation(description="Make many leads known, or say more of them. Needs INTEGRATION.")
    async def upsert_leads(
        self,
        info: Info,
        input: Annotated[UpsertLeadsInput, strawberry.argument(description="The leads.")],  # noqa: A002
    ) -> UpsertLeadsResult:
        info.context.allow(Role.INTEGRATION)
        return UpsertLeadsPayload(
            results=await applied(info.context, "leads", input.leads, UpsertLeadPayload.of)
        )

    @strawberry.mutation(
        description="Remove a lead for good, with its activities and its history. Needs INTEGRATION."
    )
    async def delete_lead(
        self,
        info: Info,
        input: Annotated[DeleteLeadInput, strawberry.argument(description="The lead.")],  # noqa: A002
    ) -> DeleteLeadResult:
        workspace = info.context.allow(Role.INTEGRATION).workspace.id
        deleted = await info.context.house.leads.delete(workspace, input.lead.ref("lead"))
        return DeleteLeadPayload(deleted_id=strawberry.ID(ids.public("Lead", deleted)))
