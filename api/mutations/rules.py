"""Edits of the draft rules, and their publication."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.inputs import RuleInput
from api.types.refusals import InvalidInput, NotFound, NothingToPublish, VersionConflict
from api.types.rules import Rule, RuleSet
from domain.rules import with_changed_rule, with_rule, without_rule
from persistence.mongo import new_id

Expected = "The draft's version that you edit; if it is no longer the newest, nothing is written."


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


@strawberry.input(description="The draft to publish.")
class PublishRulesInput:
    expected_version: int | None = strawberry.field(default=None, description=Expected)
    comment: str | None = strawberry.field(
        default=None, description="Why, for the history; at most 1,000 characters."
    )


@strawberry.type(description="The draft as it is now.")
class DraftRulesPayload:
    rule_set: RuleSet = strawberry.field(description="The draft.")
    rule: Rule | None = strawberry.field(description="The rule that was saved; null when one was removed.")


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
