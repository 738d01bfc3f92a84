"""Edits of automations, and what can be done with their deliveries."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.conditions import ConditionInput
from api.context import Context, Info
from api.inputs import LeadRefInput
from api.types.automations import Automation, Delivery
from api.types.refusals import InvalidInput, LeadNotFound, NotFound, VersionConflict
from domain import automations as domain
from domain.actors import Role
from domain.automations import ActionKind, AutomationEvent
from domain.deliveries import delivery, of_test
from domain.errors import LeadNotFound as NoLead
from domain.errors import NotFound as Nothing
from domain.leads import Lead
from domain.levels import Dimension
from persistence.mongo import new_id


@strawberry.input(
    description="What is to set an automation off; which fields there are is said by the event."
)
class AutomationTriggerInput:
    event: AutomationEvent = strawberry.field(description="The event.")
    dimension: Dimension = strawberry.field(
        default=Dimension.ENGAGEMENT, description="The dimension of the levels or the score."
    )
    level: str | None = strawberry.field(
        default=None, description="For TIER_ENTERED and TIER_LEFT: the level, by its name now."
    )
    from_level: str | None = strawberry.field(
        default=None, description="For TIER_MOVED: the level that is left; null is any."
    )
    to_level: str | None = strawberry.field(
        default=None, description="For TIER_MOVED: the level that is entered; null is any."
    )
    threshold: int | None = strawberry.field(
        default=None, description="For SCORE_REACHED and SCORE_DROPPED_BELOW: the score."
    )
    rearm_at: int | None = strawberry.field(
        default=None,
        description=(
            "For the same: the score to fall below, or to rise to, before it can happen again; at most, or at least, the "
            "threshold, which it is when left out."
        ),
    )

    def trigger(self) -> domain.Trigger:
        return domain.Trigger(
            self.event,
            self.dimension,
            self.level,
            self.from_level,
            self.to_level,
            self.threshold,
            self.rearm_at,
        )


@strawberry.input(
    description=(
        "What is to be done; which fields there are is said by the kind. `to`, `subject` and `template` may have places: "
        "{lead.id}, {lead.externalId}, {lead.email}, {lead.name}, {lead.company}, {score}, {scoreBefore}, {level}, "
        "{levelBefore}, {reasons}, {automation}; {{ and }} are braces."
    )
)
class ActionInput:
    kind: ActionKind = strawberry.field(description="What kind of action.")
    url: str | None = strawberry.field(
        default=None, description="For WEBHOOK and SLACK: an https URL of a public host."
    )
    secret: str | None = strawberry.field(
        default=None,
        description=(
            "For WEBHOOK: whsec_ and then 24 to 64 bytes in base64, to sign with; never read back. Left out, an action to "
            "the same url keeps its own, several in their order; a new one is signed with beside the old one for a day."
        ),
    )
    to: str | None = strawberry.field(default=None, description="For EMAIL: an address, as in {lead.email}.")
    subject: str | None = strawberry.field(default=None, description="For EMAIL; at most 200 characters.")
    template: str | None = strawberry.field(
        default=None, description="For EMAIL, and if you like for SLACK; at most 10,000 characters."
    )
    points: int | None = strawberry.field(
        default=None, description="For ADJUST_SCORE: within ±1,000,000, and not 0."
    )
    tag: str | None = strawberry.field(
        default=None, description="For ADD_TAG and REMOVE_TAG: 1 to 200 characters."
    )

    def action(self) -> domain.Action:
        return domain.Action(
            self.kind,
            self.url,
            self.to,
            self.subject,
            self.template,
            self.points,
            self.tag.strip() if self.tag else self.tag,
            self.secret,
        )


@strawberry.input(description="An automation as it is to be, whole.")
class AutomationInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    is_enabled: bool = strawberry.field(default=True, description="Whether it can be set off.")
    trigger: AutomationTriggerInput = strawberry.field(description="What sets it off.")
    condition: ConditionInput | None = strawberry.field(
        default=None,
        description=(
            "What must hold for the lead besides, as it is after the change; there is no activity to ask of. At most 50 "
            "tests, nested 5 deep."
        ),
    )
    once_per_lead: bool = strawberry.field(
        default=False, description="Whether a lead sets it off once only, for ever."
    )
    cooldown_seconds: int | None = strawberry.field(
        default=None,
        description="For how long a lead that has set it off does not do so again: 1 to 315,360,000.",
    )
    actions: list[ActionInput] = strawberry.field(description="What is done: 1 to 10 actions.")

    def plan(self) -> domain.Plan:
        return domain.Plan(
            self.name,
            self.trigger.trigger(),
            tuple(each.action() for each in self.actions),
            self.is_enabled,
            self.condition.condition() if self.condition else None,
            self.once_per_lead,
            self.cooldown_seconds,
        )


@strawberry.input(description="An automation to begin with.")
class CreateAutomationInput:
    automation: AutomationInput = strawberry.field(description="The automation.")


@strawberry.input(description="An automation to change.")
class UpdateAutomationInput:
    id: strawberry.ID = strawberry.field(description="Which.")
    automation: AutomationInput = strawberry.field(description="The automation as it is to be, whole.")
    expected_version: int | None = strawberry.field(
        default=None,
        description="The version that you edit; if it is no longer the newest, nothing is written.",
    )


@strawberry.input(description="An automation to end.")
class DeleteAutomationInput:
    id: strawberry.ID = strawberry.field(description="Which.")


@strawberry.input(description="An automation to try.")
class TestAutomationInput:
    id: strawberry.ID = strawberry.field(description="Which; it may be disabled.")
    lead: LeadRefInput = strawberry.field(description="The lead to tell of, as it is now.")


@strawberry.input(description="A delivery to do again.")
class RedeliverInput:
    delivery: strawberry.ID = strawberry.field(description="Which, whatever became of it.")


@strawberry.type(description="The automation is in force.")
class AutomationPayload:
    automation: Automation = strawberry.field(description="The automation as it is now.")


@strawberry.type(description="The automation is gone; what it did stays.")
class DeleteAutomationPayload:
    deleted_id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.type(description="What is going to be delivered.")
class DeliveriesPayload:
    deliveries: list[Delivery] = strawberry.field(description="One for each action.")


AutomationResult = Annotated[
    AutomationPayload | InvalidInput | VersionConflict | NotFound,
    strawberry.union("AutomationResult", description="The automation, or why it is not so."),
]
DeleteAutomationResult = Annotated[
    DeleteAutomationPayload | NotFound | InvalidInput,
    strawberry.union("DeleteAutomationResult", description="What was deleted, or why nothing was."),
]
DeliveriesResult = Annotated[
    DeliveriesPayload | NotFound | LeadNotFound | InvalidInput,
    strawberry.union("DeliveriesResult", description="What is going to be delivered, or why nothing is."),
]


@strawberry.type
class AutomationMutations:
    @strawberry.mutation(description="Have something happen from now on. Needs EDITOR.")
    async def create_automation(
        self,
        info: Info,
        input: Annotated[CreateAutomationInput, strawberry.argument(description="The automation.")],  # noqa: A002
    ) -> AutomationResult:
        context = info.context
        editor, plan = context.editor(None, None), input.automation.plan()
        await context.house.targets.check(plan.actions)
        made = await context.house.automations.create(context.workspace, plan, editor)
        return AutomationPayload(automation=Automation.of(made))

    @strawberry.mutation(
        description="Change an automation. What it was set off to do before is done as it was. Needs EDITOR."
    )
    async def update_automation(
        self,
        info: Info,
        input: Annotated[UpdateAutomationInput, strawberry.argument(description="The change.")],  # noqa: A002
    ) -> AutomationResult:
        context = info.context
        editor, plan = context.editor(None, input.expected_version), input.automation.plan()
        key = ids.key_of("Automation", input.id, "id")
        await context.house.targets.check(plan.actions)
        edited = await context.house.automations.update(context.workspace, key, plan, editor)
        return AutomationPayload(automation=Automation.of(edited))

    @strawberry.mutation(description="Have it happen no more; what it did stays. Needs EDITOR.")
    async def delete_automation(
        self,
        info: Info,
        input: Annotated[DeleteAutomationInput, strawberry.argument(description="The automation.")],  # noqa: A002
    ) -> DeleteAutomationResult:
        context = info.context
        key = ids.key_of("Automation", input.id, "id")
        await context.house.automations.delete(context.workspace, key, context.editor(None, None))
        return DeleteAutomationPayload(deleted_id=input.id)

    @strawberry.mutation(
        description=(
            "Do what an automation does, for real, but marked as a test; the lead itself stays as it is. Needs EDITOR."
        )
    )
    async def test_automation(
        self,
        info: Info,
        input: Annotated[TestAutomationInput, strawberry.argument(description="What to try.")],  # noqa: A002
    ) -> DeliveriesResult:
        context = info.context
        context.allow(Role.EDITOR)
        key = ids.key_of("Automation", input.id, "id")
        automation = await context.house.automations.find(context.workspace, key)
        if automation is None:
            raise Nothing("Automation", key)
        lead, now = await _lead(context, input.lead), context.house.clock()
        news = of_test(automation, lead, await context.scoring(), now)
        made = [
            delivery(new_id(), automation, at, news, now, is_test=True)
            for at in range(len(automation.plan.actions))
        ]
        await context.house.deliveries.add(context.workspace, made)
        return DeliveriesPayload(deliveries=[Delivery.of(each) for each in made])

    @strawberry.mutation(
        description="Do again what was delivered, or given up, with the same id. Needs EDITOR."
    )
    async def redeliver(
        self,
        info: Info,
        input: Annotated[RedeliverInput, strawberry.argument(description="The delivery.")],  # noqa: A002
    ) -> DeliveriesResult:
        context = info.context
        context.allow(Role.EDITOR)
        key = ids.key_of("Delivery", input.delivery, "delivery")
        again = await context.house.deliveries.again(context.workspace, key)
        return DeliveriesPayload(deliveries=[Delivery.of(again)])


async def _lead(context: Context, named: LeadRefInput) -> Lead:
    """The lead of that name; raises LeadNotFound."""
    ref = named.ref("lead")
    found = await context.house.leads.find(context.workspace, ref)
    if found is None:
        raise NoLead(ref)
    return found
