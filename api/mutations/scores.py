"""What moves scores: activities and adjustments."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.direct import direct
from api.inputs import AdjustScoreInput, RecordActivityInput
from api.mutations.payloads import applied, applied_one
from api.types.activities import Activity
from api.types.leads import Lead, ScoreChange
from api.types.refusals import InvalidInput, LeadNotFound, NotFound
from domain import bounds
from domain.actors import Role
from domain.errors import refuse
from domain.scoring import Outcome


@strawberry.type(description="The activity is recorded.")
class RecordActivityPayload:
    duplicate: bool = strawberry.field(
        description="Whether its key was recorded before; then this is what was recorded, and nothing is new."
    )
    outcome: strawberry.Private[Outcome]

    @strawberry.field(description="The lead after it.")
    def lead(self) -> Lead:
        return Lead.of(self.outcome.lead, self.outcome.scoring)

    @strawberry.field(description="The activity.")
    def activity(self) -> Activity:
        assert self.outcome.activity
        return Activity.of(self.outcome.activity)

    @strawberry.field(
        description="What it moved, with every rule's part; of a new lead, also what rules of the profile gave it."
    )
    def changes(self) -> list[ScoreChange]:
        return [ScoreChange.of(change) for change in self.outcome.changes]

    @classmethod
    def of(cls, outcome: Outcome) -> RecordActivityPayload:
        return cls(duplicate=outcome.duplicate, outcome=outcome)


RecordActivityResult = Annotated[
    RecordActivityPayload | LeadNotFound | InvalidInput,
    strawberry.union("RecordActivityResult", description="The activity, or why it was not recorded."),
]


@direct
@strawberry.input(description="Several activities, of any leads.")
class RecordActivitiesInput:
    records: list[RecordActivityInput] = strawberry.field(description="At most 1,000; each stands by itself.")


@strawberry.type(description="What became of each activity.")
class RecordActivitiesPayload:
    results: list[RecordActivityResult] = strawberry.field(
        description="One for each item, in the input's order."
    )


RecordActivitiesResult = Annotated[
    RecordActivitiesPayload | InvalidInput,
    strawberry.union("RecordActivitiesResult", description="The results, or why none was tried."),
]


@strawberry.type(description="The score is adjusted.")
class AdjustScorePayload:
    duplicate: bool = strawberry.field(
        description="Whether its key was used before; then this is what was done then, and nothing is new."
    )
    outcome: strawberry.Private[Outcome]

    @strawberry.field(description="The lead after it.")
    def lead(self) -> Lead:
        return Lead.of(self.outcome.lead, self.outcome.scoring)

    @strawberry.field(description="The entry in the history.")
    def change(self) -> ScoreChange | None:
        return ScoreChange.of(self.outcome.changes[0])

    @classmethod
    def of(cls, outcome: Outcome) -> AdjustScorePayload:
        return cls(duplicate=outcome.duplicate, outcome=outcome)


AdjustScoreResult = Annotated[
    AdjustScorePayload | LeadNotFound | InvalidInput,
    strawberry.union("AdjustScoreResult", description="The lead, or why its score was not touched."),
]


@direct
@strawberry.input(description="Several adjustments, of any leads.")
class AdjustScoresInput:
    adjustments: list[AdjustScoreInput] = strawberry.field(
        description="At most 1,000; each stands by itself."
    )


@strawberry.type(description="What became of each adjustment.")
class AdjustScoresPayload:
    results: list[AdjustScoreResult] = strawberry.field(
        description="One for each item, in the input's order."
    )


AdjustScoresResult = Annotated[
    AdjustScoresPayload | InvalidInput,
    strawberry.union("AdjustScoresResult", description="The results, or why none was tried."),
]


@strawberry.input(description="An activity that is to count no more.")
class RetractActivityInput:
    activity: strawberry.ID = strawberry.field(description="The activity.")
    reason: str | None = strawberry.field(
        default=None, description="Why, for the history; at most 1,000 characters."
    )


@strawberry.type(description="The activity counts no more.")
class RetractActivityPayload:
    lead: Lead = strawberry.field(description="The lead as if it had never done it.")
    changes: list[ScoreChange] = strawberry.field(
        description="What that moved; nothing when it was retracted before."
    )

    @classmethod
    def of(cls, outcome: Outcome) -> RetractActivityPayload:
        changes = [ScoreChange.of(change) for change in outcome.changes]
        return cls(lead=Lead.of(outcome.lead, outcome.scoring), changes=changes)


RetractActivityResult = Annotated[
    RetractActivityPayload | NotFound | InvalidInput,
    strawberry.union("RetractActivityResult", description="What followed, or why nothing was retracted."),
]


@strawberry.type
class ScoreMutations:
    @strawberry.mutation(
        description=(
            "Have an activity count no more: all others of the lead are scored again in the order in which they happened, "
            "each by the rules that scored it. The activity stays, marked; sent again with its key it is not recorded "
            "anew. Needs INTEGRATION."
        )
    )
    async def retract_activity(
        self,
        info: Info,
        input: Annotated[RetractActivityInput, strawberry.argument(description="The activity.")],  # noqa: A002
    ) -> RetractActivityResult:
        context = info.context
        workspace = context.allow(Role.INTEGRATION).workspace.id
        refuse(bounds.text(("reason",), input.reason, bounds.REASON))
        activity = ids.key_of("Activity", input.activity, "activity")
        return RetractActivityPayload.of(
            await context.house.corrections.retract(workspace, activity, context.actor, input.reason)
        )

    @strawberry.mutation(description="Record what a lead did, and score it. Needs INTEGRATION.")
    async def record_activity(
        self,
        info: Info,
        input: Annotated[RecordActivityInput, strawberry.argument(description="The activity.")],  # noqa: A002
    ) -> RecordActivityResult:
        info.context.allow(Role.INTEGRATION)
        return RecordActivityPayload.of(await applied_one(info.context, input))

    @strawberry.mutation(description="Record many activities, and score them. Needs INTEGRATION.")
    async def record_activities(
        self,
        info: Info,
        input: Annotated[RecordActivitiesInput, strawberry.argument(description="The activities.")],  # noqa: A002
    ) -> RecordActivitiesResult:
        info.context.allow(Role.INTEGRATION)
        return RecordActivitiesPayload(
            results=await applied(info.context, "records", input.records, RecordActivityPayload.of)
        )

    @strawberry.mutation(description="Give or take points by hand. Needs INTEGRATION.")
    async def adjust_score(
        self,
        info: Info,
        input: Annotated[AdjustScoreInput, strawberry.argument(description="The adjustment.")],  # noqa: A002
    ) -> AdjustScoreResult:
        info.context.allow(Role.INTEGRATION)
        return AdjustScorePayload.of(await applied_one(info.context, input))

    @strawberry.mutation(description="Give or take points of many leads. Needs INTEGRATION.")
    async def adjust_scores(
        self,
        info: Info,
        input: Annotated[AdjustScoresInput, strawberry.argument(description="The adjustments.")],  # noqa: A002
    ) -> AdjustScoresResult:
        info.context.allow(Role.INTEGRATION)
        return AdjustScoresPayload(
            results=await applied(info.context, "adjustments", input.adjustments, AdjustScorePayload.of)
        )
