"""The schema, put together once, and what every operation passes through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import strawberry
from graphql import GraphQLError
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from api.errors import HANDLERS, Explain
from api.limits import TOKENS, Limits
from api.mutations.automations import AutomationMutations
from api.mutations.jobs import JobMutations
from api.mutations.leads import LeadMutations
from api.mutations.levels import LevelMutations
from api.mutations.quickstart import QuickStartMutations
from api.mutations.rules import RuleMutations
from api.mutations.scores import ScoreMutations
from api.queries.automations import AutomationQueries
from api.queries.distribution import DistributionQueries
from api.queries.history import HistoryQueries
from api.queries.jobs import JobQueries
from api.queries.leads import LeadQueries
from api.queries.levels import LevelQueries
from api.queries.rules import RuleQueries
from api.queries.templates import TemplateQueries
from api.queries.viewer import ViewerQueries
from api.scalars import SCALARS
from api.subscriptions.boards import BoardSubscriptions
from api.subscriptions.jobs import JobSubscriptions
from api.subscriptions.levels import LevelSubscriptions
from api.subscriptions.tiers import TierSubscriptions
from api.types.common import Workspace

ANSWERED = {OperationType.QUERY, OperationType.MUTATION}
DOCUMENTS = 1_000  # parsed and validated documents that are kept


class _ParserCache(ParserCache):
    """Strawberry's, but a document that cannot be parsed is left to be refused where refusals are expected."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        with suppress(GraphQLError):
            context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield


class Schema(strawberry.Schema):
    """Strawberry's, with two differences.

    It does not log every error: what a caller got wrong is theirs, and `Explain` logs the bugs. And `execute` takes
    no subscriptions, which have a stream and not an answer.
    """

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        kwargs["allowed_operation_types"] = ANSWERED & set(kwargs.get("allowed_operation_types", ANSWERED))
        return await super().execute(*args, **kwargs)

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        pass


def _root(name: str, description: str, *parts: type) -> type:
    root: Any = merge_types(name, parts)
    root.__strawberry_definition__.description = description
    return cast("type", root)


schema = Schema(
    query=_root(
        "Query",
        "What can be asked. Everything is of the workspace of the key that asks.",
        ViewerQueries,
        LeadQueries,
        LevelQueries,
        DistributionQueries,
        RuleQueries,
        HistoryQueries,
        JobQueries,
        AutomationQueries,
        TemplateQueries,
    ),
    mutation=_root(
        "Mutation",
        "What can be done. Each answers what it did, or a refusal, and then did nothing.",
        LeadMutations,
        ScoreMutations,
        LevelMutations,
        RuleMutations,
        QuickStartMutations,
        JobMutations,
        AutomationMutations,
    ),
    subscription=_root(
        "Subscription",
        "What is told the moment it is committed, over graphql-transport-ws or, by graphql-sse, as events over HTTP.",
        TierSubscriptions,
        BoardSubscriptions,
        LevelSubscriptions,
        JobSubscriptions,
    ),
    types=[Workspace],
    extensions=[
        lambda: MaxTokensLimiter(TOKENS),
        lambda: _ParserCache(DOCUMENTS),
        lambda: AddValidationRules([Limits]),
        lambda: ValidationCache(DOCUMENTS),
        Explain,
    ],
    config=StrawberryConfig(scalar_map=SCALARS),
    exception_handlers=HANDLERS,
)


def sdl() -> str:
    """The schema in the language of schemas: the contents of schema.graphql."""
    return schema.as_str().strip() + "\n"
