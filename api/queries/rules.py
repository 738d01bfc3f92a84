"""Rules as they are and were."""

from __future__ import annotations

import asyncio
from typing import Annotated

import strawberry

from api.context import Context, Info
from api.inputs import ActivityInput, LeadRefInput
from api.types.common import After, First, page_parts, page_size
from api.types.distribution import RulesPreview
from api.types.rules import RuleSet, RuleSetConnection
from api.types.trials import RuleTest
from domain.actors import Role
from domain.errors import LeadNotFound, NotFound
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import RuleSetState
from domain.scoring import Scoring, new_lead
from domain.trial import Trial, trials
from domain.values import replace
from persistence.mongo import new_id


@strawberry.input(description="Activities to be scored without being recorded.")
class TestRulesInput:
    state: RuleSetState = strawberry.field(
        default=RuleSetState.DRAFT,
        description="The rules: the draft, those published, or those published before.",
    )
    lead: LeadRefInput | None = strawberry.field(
        default=None, description="The lead as it is now; null is one that nobody has heard of yet."
    )
    activities: list[ActivityInput] = strawberry.field(
        description="What it would do, at most 100, up to ten years ahead; taken in the order in which it happens."
    )
    dimension: Dimension = strawberry.field(
        default=Dimension.ENGAGEMENT, description="The score that is looked at."
    )


@strawberry.type
class RuleQueries:
    @strawberry.field(
        description="The newest rule set in a state, or the one of a version; null when there is none. Needs VIEWER."
    )
    async def rule_set(
        self,
        info: Info,
        state: Annotated[
            RuleSetState | None,
            strawberry.argument(description="The state; ignored when a version is given."),
        ] = RuleSetState.PUBLISHED,
        version: Annotated[int | None, strawberry.argument(description="A version in any state.")] = None,
    ) -> RuleSet | None:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        rule_sets = info.context.house.rule_sets
        if version is not None:
            found = await rule_sets.numbered(workspace, version)
        else:
            found = await rule_sets.in_state(workspace, state or RuleSetState.PUBLISHED)
        return RuleSet.of(found) if found else None

    @strawberry.field(
        description="The history of the rules, newest first, the draft among them. Needs VIEWER."
    )
    async def rule_sets(self, info: Info, first: First = 20, after: After = None) -> RuleSetConnection:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        page = await info.context.house.rule_sets.page(workspace, page_size(first), after)
        return RuleSetConnection(**page_parts(page, RuleSet.of))

    @strawberry.field(
        description=(
            "What rules would make of a lead that does these things, and why each gives what it gives. Nothing is stored. "
            "Needs VIEWER."
        )
    )
    async def test_rules(
        self,
        info: Info,
        input: Annotated[TestRulesInput, strawberry.argument(description="The rules and activities.")],  # noqa: A002
    ) -> RuleTest:
        context = info.context
        workspace = context.allow(Role.VIEWER).workspace.id
        rules = await context.house.rule_sets.in_state(workspace, input.state)
        if rules is None:
            raise NotFound("RuleSet", input.state.value)
        scoring = replace(await context.scoring(), rules=rules)
        lead = await _lead(context, input.lead, scoring)
        activities = [each.activity(context) for each in input.activities]
        trial = Trial(lead, lead)
        for longer in trials(lead, activities, scoring, context.actor, context.house.clock()):
            trial = longer
            await asyncio.sleep(0)  # others have their turn: there may be many rules
        return RuleTest.of(trial, input.dimension, scoring)

    @strawberry.field(
        description=(
            "What publishing the draft with `rescore: REPLAY` would do to the leads there are, without doing it. Needs VIEWER."
        )
    )
    async def preview_rules(self, info: Info) -> RulesPreview:
        context = info.context
        workspace = context.allow(Role.VIEWER).workspace.id
        draft = await context.house.rule_sets.in_state(workspace, RuleSetState.DRAFT)
        if draft is None:
            raise NotFound("RuleSet", "DRAFT")
        scoring = await context.scoring()
        rehearsal = await context.house.rehearsals.of(workspace, draft, scoring, context.house.clock())
        return RulesPreview.of(rehearsal)


async def _lead(context: Context, named: LeadRefInput | None, scoring: Scoring) -> Lead:
    """The lead of that name; raises LeadNotFound."""
    if named is None:
        return new_lead(new_id(), scoring, context.house.clock())
    ref = named.ref("lead")
    found = await context.house.leads.find(context.workspace, ref)
    if found is None:
        raise LeadNotFound(ref)
    return found
