"""Edits of the draft rules, and their publication."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.conditions import ConditionInput
from api.context import Info
from api.inputs import UNSET
from api.types.refusals import InvalidInput, NotFound, NothingToPublish, VersionConflict
from api.types.rules import Rule, RuleSet
from domain import rules as domain
from domain.levels import Dimension
from domain.rules import Limit, Period, with_changed_rule, with_rule, without_rule
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
            "at whenever the lead is created or edited; it needs a condition, and has no activity, limit or maxPoints."
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
    expected_version: int | None = strawberry.field(default=None, description=Expected)


@strawberry.input(description="The draft to throw away.")
class DiscardDraftRulesInput:
    expected_version: int | None = strawberry.field(default=None, description=Expected)


@strawberry.input(description="The draft to publish.")
class PublishRulesInput:
    expected_version: int | None = strawberry.field(default=None, description=Expected)
    comment: str | None = strawberry.field(
        default=None, description="Why, for the history; at most 1,000 characters."
    )


@strawberry.input(description="The version to score by again.")
class RevertRulesInput:
    version: int = strawberry.field(description="A version that scored once, or does.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that scores now; if it is another, nothing is written."
    )
    comment: str | None = strawberry.field(
        default=None, description="Why, for the history; at most 1,000 characters."
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
        description="Score every activity from now on by the draft; old points stay as they are. Needs EDITOR."
    )
    async def publish_rules(
        self,
        info: Info,
        input: Annotated[PublishRulesInput, strawberry.argument(description="The draft.")],  # noqa: A002
    ) -> PublishRulesResult:
        context = info.context
        editor = context.editor(input.comment, input.expected_version)
        published = await context.house.rule_sets.publish(context.workspace, editor)
        return PublishRulesPayload(rule_set=RuleSet.of(published))

    @strawberry.mutation(description="Say in the draft where scores end. Needs EDITOR.")
    async def save_scoring_policy(
        self,
        info: Info,
        input: Annotated[SaveScoringPolicyInput, strawberry.argument(description="The ends.")],  # noqa: A002
    ) -> DraftRulesResult:
        def limited(draft: domain.RuleSet) -> domain.RuleSet:
            floor = draft.floor if input.floor is UNSET else input.floor
            return draft.within(floor, draft.ceiling if input.ceiling is UNSET else input.ceiling)

        context = info.context
        editor = context.editor(None, input.expected_version)
        draft = await context.house.rule_sets.change(context.workspace, limited, editor)
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
            "Score every activity from now on by an old version, which is published again as the next one; old points and "
            "the draft stay as they are. Needs EDITOR."
        )
    )
    async def revert_rules(
        self,
        info: Info,
        input: Annotated[RevertRulesInput, strawberry.argument(description="The version.")],  # noqa: A002
    ) -> PublishRulesResult:
        context = info.context
        editor = context.editor(input.comment, input.expected_version)
        published = await context.house.rule_sets.revert(context.workspace, input.version, editor)
        return PublishRulesPayload(rule_set=RuleSet.of(published))
