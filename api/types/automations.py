"""Automations, and what they have done."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api import ids
from api.context import Info
from api.scalars import JSON
from api.types.common import Actor, Connection, Node, describe
from api.types.leads import Lead
from domain import automations as domain
from domain import deliveries
from domain.automations import ActionKind, AutomationEvent
from domain.deliveries import DeliveryState
from domain.levels import Dimension
from persistence.documents import from_condition

describe(
    AutomationEvent,
    "What an automation waits for. Several at once, as where points expire and others are given, are told one by one.",
    TIER_ENTERED="A lead enters `level`.",
    TIER_LEFT="A lead leaves `level`.",
    TIER_MOVED="A lead moves from `fromLevel` to `toLevel`, at once; a level that is left out is any.",
    SCORE_REACHED="A score rises to `threshold` or over it, from below.",
    SCORE_DROPPED_BELOW="A score falls below `threshold`, from there or above.",
)
describe(
    ActionKind,
    "What an automation does.",
    WEBHOOK="Posts JSON to `url`, signed as Standard Webhooks has it where there is a `secret`.",
    SLACK="Posts a message to the incoming webhook of a Slack channel at `url`.",
    EMAIL="Sends a mail `to` somebody, with `subject` and `template`.",
    ADJUST_SCORE="Gives or takes `points`, in the dimension of the trigger.",
    ADD_TAG="Adds `tag` to the lead.",
    REMOVE_TAG="Takes `tag` from the lead.",
)
describe(
    DeliveryState,
    "Where a delivery stands.",
    PENDING="It will be tried, at `nextAttemptAt`.",
    DELIVERED="It is done.",
    FAILED="It was given up; the last attempt says why.",
)


@strawberry.type(description="What sets an automation off.")
class AutomationTrigger:
    event: AutomationEvent = strawberry.field(description="The event.")
    dimension: Dimension = strawberry.field(description="The dimension of the levels or the score.")
    level: str | None = strawberry.field(description="The level that is entered or left.")
    from_level: str | None = strawberry.field(description="The level that is left; null is any.")
    to_level: str | None = strawberry.field(description="The level that is entered; null is any.")
    threshold: int | None = strawberry.field(description="The score that is reached, or dropped below.")
    rearm_at: int | None = strawberry.field(
        description="The score to go back to before it can happen again; null is the threshold."
    )

    @classmethod
    def of(cls, trigger: domain.Trigger) -> AutomationTrigger:
        return cls(
            event=trigger.event,
            dimension=trigger.dimension,
            level=trigger.level,
            from_level=trigger.from_level,
            to_level=trigger.to_level,
            threshold=trigger.threshold,
            rearm_at=trigger.rearm_at,
        )


@strawberry.type(description="What is done. Secrets are never read back.")
class Action:
    kind: ActionKind = strawberry.field(description="What kind of action.")
    url: str | None = strawberry.field(description="Where a webhook or Slack message goes.")
    to: str | None = strawberry.field(description="Whom a mail goes to.")
    subject: str | None = strawberry.field(description="A mail's subject.")
    template: str | None = strawberry.field(description="The text of a mail or Slack message.")
    points: int | None = strawberry.field(description="What is given or taken.")
    tag: str | None = strawberry.field(description="What is added or taken away.")

    @classmethod
    def of(cls, action: domain.Action) -> Action:
        return cls(
            kind=action.kind,
            url=action.url,
            to=action.to,
            subject=action.subject,
            template=action.template,
            points=action.points,
            tag=action.tag,
        )


@strawberry.type(description="What is to happen, and when.")
class Automation(Node):
    name: str = strawberry.field(description="Its name, which its adjustments are signed with.")
    is_enabled: bool = strawberry.field(description="Whether it can be set off.")
    trigger: AutomationTrigger = strawberry.field(description="What sets it off.")
    condition: JSON | None = strawberry.field(
        description="What must hold for the lead besides, as it is after the change; null is nothing."
    )
    once_per_lead: bool = strawberry.field(description="Whether a lead sets it off once only.")
    cooldown_seconds: int | None = strawberry.field(
        description="For how long a lead that has set it off does not do so again; null is not at all."
    )
    actions: list[Action] = strawberry.field(description="What is done, in no order.")
    version: int = strawberry.field(description="Rises with every edit, from 1.")
    created_by: Actor = strawberry.field(
        description="Who made it; where its target has had it disabled, Tierwire says so here until the next edit."
    )
    updated_at: datetime = strawberry.field(description="When it was last edited.")

    @classmethod
    def of(cls, automation: domain.Automation) -> Automation:
        plan = automation.plan
        return cls(
            id=strawberry.ID(ids.public("Automation", automation.id)),
            name=plan.name,
            is_enabled=plan.is_enabled,
            trigger=AutomationTrigger.of(plan.trigger),
            condition=JSON(from_condition(plan.condition)) if plan.condition else None,
            once_per_lead=plan.once_per_lead,
            cooldown_seconds=plan.cooldown,
            actions=[Action.of(each) for each in plan.actions],
            version=automation.version,
            created_by=Actor.of(automation.created_by),
            updated_at=automation.updated_at,
        )


@strawberry.type(description="How often an automation would be set off.")
class AutomationImpact:
    automation: Automation = strawberry.field(description="The automation.")
    firings: int = strawberry.field(description="How often, by how many leads together.")

    @classmethod
    def of(cls, automation: domain.Automation, firings: int) -> AutomationImpact:
        return cls(automation=Automation.of(automation), firings=firings)


@strawberry.type(description="One try of a delivery.")
class DeliveryAttempt:
    at: datetime = strawberry.field(description="When it began.")
    status: int | None = strawberry.field(
        description="The HTTP or SMTP status of the answer; null without one."
    )
    error: str | None = strawberry.field(description="What went wrong; null when nothing did.")
    duration_ms: int = strawberry.field(
        description="How long it took, in milliseconds; 0 where nobody knows."
    )

    @classmethod
    def of(cls, attempt: deliveries.Attempt) -> DeliveryAttempt:
        return cls(at=attempt.at, status=attempt.status, error=attempt.error, duration_ms=attempt.duration_ms)


@strawberry.type(
    description=(
        "One action that an automation was set off to do: tried until it is done, 7 times within a day at the most. Its "
        "id goes with every try, so that whoever hears of it twice can know."
    )
)
class Delivery(Node):
    action: Action = strawberry.field(description="What is done, as it was when it was set off.")
    state: DeliveryState = strawberry.field(description="Whether it is done.")
    attempts: list[DeliveryAttempt] = strawberry.field(description="Every try, the oldest first.")
    next_attempt_at: datetime | None = strawberry.field(
        description="When it is tried next, or taken up by another process if this one dies; null when it is over."
    )
    created_at: datetime = strawberry.field(description="When it was set off.")
    delivery: strawberry.Private[deliveries.Delivery]

    @strawberry.field(description="The automation, as it is now, or was when it was deleted.")
    async def automation(self, info: Info) -> Automation | None:
        context = info.context
        found = await context.house.automations.last(context.workspace, self.delivery.automation_id)
        return Automation.of(found) if found else None

    @strawberry.field(description="The lead, as it is now; null when it was deleted.")
    async def lead(self, info: Info) -> Lead | None:
        lead = await info.context.lead(self.delivery.lead_id)
        return Lead.of(lead, await info.context.scoring()) if lead else None

    @classmethod
    def of(cls, delivery: deliveries.Delivery) -> Delivery:
        return cls(
            id=strawberry.ID(ids.public("Delivery", delivery.id)),
            action=Action.of(delivery.action),
            state=delivery.state,
            attempts=[DeliveryAttempt.of(each) for each in delivery.attempts],
            next_attempt_at=delivery.next_attempt_at,
            created_at=delivery.created_at,
            delivery=delivery,
        )


@strawberry.type(description="A page of deliveries, newest first.")
class DeliveryConnection(Connection[Delivery]):
    pass
