"""Edits of the draft rules, and their publication."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.conditions import ConditionInput
from api.context import Info
from api.inputs import UNSET
from api.types.jobs import Job
from api.types.refusals import InvalidInput, NotFound, NothingToPublish, VersionConflict
from api.types.rules import Rule, RuleSet
from domain import rules as domain
from domain.jobs import Job as DomainJob
from domain.levels import Announce, Dimension
from domain.rules import Inactivity, Limit, Period, Rescore, with_changed_rule, with_rule, without_rule
from domain.values import replace
from persistence.mongo import new_id

Expected = "The draft's version that you edit; if it is no longer the newest, nothing is written."


@strawberry.input(description="At most so often within each period.")
class LimitInput:
    times: int = strawberry.field(description="1 to 10,000, counted from when the rule first had a limit.")
    per: Period = strawberry.field(description="The period, by the time at which the activities happened.")


@strawberry.input(description="A rule as it is to be.")
class RuleInput:
    name: str = strawberry.field(description="What it pays for, as people say it; 1 to 200 characters.")
    dimension: Dimension = strawberry.field(
        default=Dimension.ENGAGEMENT,
        description=(
            "ENGAGEMENT pays for activities. PROFILE pays for as long as the condition holds for the lead, which is looked "
            "at whenever the lead is created or edited; it needs a condition, and has no activity, limit, maxPoints, expiry or half-life."
        ),
    )
    is_enabled: bool = strawberry.field(default=True, description="Whether it pays.")
    activity: str | None = strawberry.field(
        default=None,
        description="The activity kind that triggers a rule of engagement, which needs one. UPPER_SNAKE, at most 64 characters.",
    )
    condition: ConditionInput | None = strawberry.field(
        default=None,
        description="What must hold besides, for the lead as it was before the activity; at most 50 tests, nested 5 deep.",
    )
    points: int = strawberry.field(description="What it gives, or takes: within ±1,000,000, and not 0.")
    limit: LimitInput | None = strawberry.field(
        default=None, description="How often it pays; null is every time."
    )
    max_points: int | None = strawberry.field(
        default=None,
        description=(
            "How many of its points may be in the score, either way: from what it gives or takes to 2,000,000,000. What "
            "is too much for it is cut."
        ),
    )
    expires_after_days: int | None = strawberry.field(
        default=None,
        description=(
            "How many days after the activity what it pays is gone again, 1 to 3,650; null is never. ENGAGEMENT only."
        ),
    )
    half_life_days: int | None = strawberry.field(
        default=None,
        description=(
            "In how many days what it pays halves, and halves again, 1 to 3,650; null is never. Not beside "
            "expiresAfterDays. ENGAGEMENT only."
        ),
    )

    def rule(self, rule_id: str) -> domain.Rule:
        return domain.Rule(
            rule_id,
            self.name,
            self.activity,
            self.points,
            self.is_enabled,
            self.dimension,
            self.condition.condition() if self.condition else None,
            Limit(self.limit.times, self.limit.per) if self.limit else None,
            self.max_points,
            self.expires_after_days,
            self.half_life_days,
        )


@strawberry.input(
    description="A rule to add to the draft, or to change in it. A draft is opened when there is none."
)
class SaveRuleInput:
    id: strawberry.ID | None = strawberry.field(
        default=None, description="The rule to change; null adds one."
    )
    rule: RuleInput = strawberry.field(description="The rule as it is to be, whole.")
    expected_version: int | None = strawberry.field(default=None, description=Expected)


@strawberry.input(description="A rule to take out of the draft. A draft is opened when there is none.")
class RemoveRuleInput:
    id: strawberry.ID = strawberry.field(description="The rule.")
    expected_version: int | None = strawberry.field(default=None, description=Expected)


@strawberry.input(
    description="Engagement that a lead loses that does nothing; never so much that its score falls under 0 or the floor."
)
class InactivityInput:
    after_days: int = strawberry.field(
        description=(
            "How many days after its last activity, or after it became known, it loses some first; 1 to 3,650. Points by "
            "hand are no activity."
        )
    )
    every_days: int = strawberry.field(
        description="After how many days it loses some again, and again; 1 to 3,650."
    )
    points: int | None = strawberry.field(default=None, description="How many points: 1 to 1,000,000.")
    percent: float | None = strawberry.field(
        default=None,
        description="Or how much of its score, in per cent: 0.01 to 100; at least one point.",
    )

    def inactivity(self) -> Inactivity:
        return Inactivity(self.after_days, self.every_days, self.points, self.percent)


@strawberry.input(
    description="What a rule set says of all scores. What is left out stays as it is; null clears it."
)
class SaveScoringPolicyInput:
    floor: int | None = strawberry.field(
        default=UNSET,
        description="No score falls under it: -2,000,000,000 to 0, which is what it is at first; null is none.",
    )
    ceiling: int | None = strawberry.field(
        default=UNSET, description="No score rises over it: 1 to 2,000,000,000; null, as at first, is none."
    )
    inactivity: InactivityInput | None = strawberry.field(
        default=UNSET, description="What a lead loses that does nothing; null, as at first, is nothing."
    )
    expected_version: int | None = strawberry.field(default=None, description=Expected)


@strawberry.input(description="The draft to throw away.")
class DiscardDraftRulesInput:
    expected_version: int | None = strawberry.field(default=None, description=Expected)


@strawberry.input
class _Publication:
    comment: str | None = strawberry.field(
        default=None, description="Why, for the history; at most 1,000 characters."
    )
    rescore: Rescore = strawberry.field(
        default=Rescore.NEW_ACTIVITY, description="What becomes of old activity."
    )
    announce: Announce = strawberry.field(
        default=Announce.ALL, description="Which moves of old activity scored anew automations may hear of."
    )


@strawberry.input(description="The draft to publish.")
class PublishRulesInput(_Publication):
    expected_version: int | None = strawberry.field(default=None, description=Expected)


@strawberry.input(description="The version to score by again.")
class RevertRulesInput(_Publication):
    version: int = strawberry.field(description="A version that scored once, or does.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that scores now; if it is another, nothing is written."
    )


@strawberry.type(description="The draft as it is now.")
class DraftRulesPayload:
    rule_set: RuleSet = strawberry.field(
        description="The draft; after it was thrown away, what is published, or an empty set of version 0."
    )
    rule: Rule | None = strawberry.field(
        description="The rule that was saved; null for whatever else was done."
    )


@strawberry.type(description="The rules that every activity is scored under from now on.")
class PublishRulesPayload:
    rule_set: RuleSet = strawberry.field(description="The published rules.")
    job: Job | None = strawberry.field(
        description="Who scores old activity anew; null where the rules are for new activity only."
    )

    @classmethod
    def of(cls, published: domain.RuleSet, job: DomainJob | None) -> PublishRulesPayload:
        return cls(rule_set=RuleSet.of(published), job=Job.of(job) if job else None)


DraftRulesResult = Annotated[
    DraftRulesPayload | InvalidInput | VersionConflict | NotFound,
    strawberry.union("DraftRulesResult", description="The draft, or why it is as it was."),
]
PublishRulesResult = Annotated[
    PublishRulesPayload | InvalidInput | VersionConflict | NothingToPublish | NotFound,
    strawberry.union("PublishRulesResult", description="The published rules, or why the old ones stay."),
]


@strawberry.type
class RuleMutations:
    @strawberry.mutation(description="Add a rule to the draft, or change one in it. Needs EDITOR.")
    async def save_rule(
        self,
        info: Info,
        input: Annotated[SaveRuleInput, strawberry.argument(description="The rule.")],  # noqa: A002
    ) -> DraftRulesResult:
        context = info.context
        editor = context.editor(None, input.expected_version)
        rule_id = new_id() if input.id is None else ids.key_of("Rule", input.id, "id")
        rule = input.rule.rule(rule_id)
        save = with_rule if input.id is None else with_changed_rule
        draft = await context.house.rule_sets.edit(context.workspace, lambda rules: save(rules, rule), editor)
        return DraftRulesPayload(rule_set=RuleSet.of(draft), rule=Rule.maybe(draft.rule(rule.id)))

    @strawberry.mutation(description="Take a rule out of the draft. Needs EDITOR.")
    async def remove_rule(
        self,
        info: Info,
        input: Annotated[RemoveRuleInput, strawberry.argument(description="The rule.")],  # noqa: A002
    ) -> DraftRulesResult:
        context = info.context
        editor = context.editor(None, input.expected_version)
        rule_id = ids.key_of("Rule", input.id, "id")
        draft = await context.house.rule_sets.edit(
            context.workspace, lambda rules: without_rule(rules, rule_id), editor
        )
        return DraftRulesPayload(rule_set=RuleSet.of(draft), rule=None)

    @strawberry.mutation(
        description=(
            "Score every activity from now on by the draft. Old points stay as they are, and another floor or ceiling shows "
            "when a score next moves; with `rescore: REPLAY`, a job "
            "scores all that was done before anew. Needs EDITOR."
        )
    )
    async def publish_rules(
        self,
        info: Info,
        input: Annotated[PublishRulesInput, strawberry.argument(description="The draft.")],  # noqa: A002
    ) -> PublishRulesResult:
        context = info.context
        editor = context.editor(input.comment, input.expected_version)
        published = await context.house.rule_sets.publish(
            context.workspace, editor, input.rescore, input.announce
        )
        return PublishRulesPayload.of(*published)

    @strawberry.mutation(
        description="Say in the draft where scores end, and what inactivity costs. Needs EDITOR."
    )
    async def save_scoring_policy(
        self,
        info: Info,
        input: Annotated[SaveScoringPolicyInput, strawberry.argument(description="The policy.")],  # noqa: A002
    ) -> DraftRulesResult:
        def changed(draft: domain.RuleSet) -> domain.RuleSet:
            floor = draft.floor if input.floor is UNSET else input.floor
            draft = draft.within(floor, draft.ceiling if input.ceiling is UNSET else input.ceiling)
            return draft if input.inactivity is UNSET else replace(draft, inactivity=inactivity)

        inactivity = input.inactivity.inactivity() if input.inactivity else None

        context = info.context
        editor = context.editor(None, input.expected_version)
        draft = await context.house.rule_sets.change(context.workspace, changed, editor)
        return DraftRulesPayload(rule_set=RuleSet.of(draft), rule=None)

    @strawberry.mutation(description="Throw the draft away. Needs EDITOR.")
    async def discard_draft_rules(
        self,
        info: Info,
        input: Annotated[DiscardDraftRulesInput, strawberry.argument(description="The draft.")],  # noqa: A002
    ) -> DraftRulesResult:
        context = info.context
        editor = context.editor(None, input.expected_version)
        published = await context.house.rule_sets.discard(context.workspace, editor)
        return DraftRulesPayload(rule_set=RuleSet.of(published), rule=None)

    @strawberry.mutation(
        description=(
            "Score every activity from now on by an old version, which is published again as the next one; the draft stays "
            "as it is, and so do old points, unless `rescore: REPLAY` has all that was done before scored anew. Needs EDITOR."
        )
    )
    async def revert_rules(
        self,
        info: Info,
        input: Annotated[RevertRulesInput, strawberry.argument(description="The version.")],  # noqa: A002
    ) -> PublishRulesResult:
        context = info.context
        editor = context.editor(input.comment, input.expected_version)
        published = await context.house.rule_sets.revert(
            context.workspace, input.version, editor, input.rescore, input.announce
        )
        return PublishRulesPayload.of(*published)
