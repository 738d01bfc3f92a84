"""The schema, put together once, and what every operation passes through."""

from __future__ import annotations

import strawberry
from graphql.validation import ASTValidationRule
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.extensions.max_aliases import create_validator as aliases_validator
from strawberry.extensions.query_depth_limiter import create_validator as depth_validator
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from api.errors import HANDLERS, Explain
from api.mutations.leads import LeadMutations
from api.mutations.levels import LevelMutations
from api.mutations.rules import RuleMutations
from api.mutations.scores import ScoreMutations
from api.queries.history import HistoryQueries
from api.queries.leads import LeadQueries
from api.queries.levels import LevelQueries
from api.queries.rules import RuleQueries
from api.queries.viewer import ViewerQueries
from api.scalars import SCALARS
from api.subscriptions.levels import LevelSubscriptions
from api.subscriptions.tiers import TierSubscriptions
from api.types.common import Workspace

DEPTH = (
    12  # leads > edges > node > history > edges > node > parts > rule is 8; GraphiQL's own introspection 12
)
ALIASES = 50  # fields of one operation under other names: a dashboard, not a loop
TOKENS = 2_000  # a long hand-written document; variables carry the data
DOCUMENTS = 1_000  # parsed and validated documents that are kept

# Made once: a rule class made for every operation would never be found in the validation cache.
RULES: list[type[ASTValidationRule]] = [depth_validator(DEPTH, None), aliases_validator(ALIASES)]

schema = strawberry.Schema(
    query=merge_types("Query", (ViewerQueries, LeadQueries, LevelQueries, RuleQueries, HistoryQueries)),
    mutation=merge_types("Mutation", (LeadMutations, ScoreMutations, LevelMutations, RuleMutations)),
    subscription=merge_types("Subscription", (TierSubscriptions, LevelSubscriptions)),
    types=[Workspace],
    extensions=[
        lambda: MaxTokensLimiter(TOKENS),
        lambda: ParserCache(DOCUMENTS),
        lambda: AddValidationRules(RULES),
        lambda: ValidationCache(DOCUMENTS),
        Explain,
    ],
    config=StrawberryConfig(scalar_map=SCALARS),
    exception_handlers=HANDLERS,
)


def sdl() -> str:
    """The schema in the language of schemas: the contents of schema.graphql."""
    return schema.as_str().strip() + "\n"
