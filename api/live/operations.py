"""Live operations: read, begun, and rendered frame by frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, cast

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    create_source_event_stream,
    execute_subscription_event,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)
from strawberry.execution import optimized_is_awaitable

from api.context import Context
from api.errors import explained
from api.limits import TOKENS, Limits
from api.live.again import until_read
from api.live.channels import Channels, Frame, Listener, Render, Seat
from api.live.streams import Stream, Unshared
from api.schema import DOCUMENTS, schema
from api.types.live import ResyncRequired, TierChanges
from domain.actors import Role, Viewer
from persistence.mongo import Unreachable

POSITION = "after"  # the argument of a live operation that shapes no frame: where its subscriber goes on


class Refused(Exception):
    """An operation that is not carried out; what its caller may read of why."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__(*errors)
        self.errors = explained(*errors)


@dataclass(frozen=True, slots=True)
class Operation:
    """What was asked: a document, which of its operations, and its variables."""

    query: str
    name: str | None
    variables: Mapping[str, Any]

    @property
    def is_live(self) -> bool:
        """Whether it is a subscription; raises Refused when it is no operation of the schema."""
        return _chosen(self.query, self.name).operation is OperationType.SUBSCRIPTION

    def key(self, viewer: Viewer) -> Hashable:
        """The same for all who are to be told the very same: who may see something else has another; raises Refused."""
        positions = _positions(self.query, self.name)
        shaping = {name: value for name, value in self.variables.items() if name not in positions}
        try:
            variables = orjson.dumps(shaping, option=orjson.OPT_SORT_KEYS)
        except TypeError as error:  # more is read than is written
            raise Refused(GraphQLError("the variables are nested too deeply")) from error
        return viewer.workspace.id, viewer.role, self.query, self.name, variables


async def join(operation: Operation, context: Context, channels: Channels, listener: Listener) -> Seat:
    """Begin a live operation, or join those who asked for the same; raises Refused."""
    executor = _executor(operation, context)
    begun = create_source_event_stream(executor)
    stream = await begun if isinstance(begun, Awaitable) else begun
    if isinstance(stream, ExecutionResult):
        raise Refused(*stream.errors or ())
    render = _renderer(executor, context)
    if isinstance(stream, Stream):
        return channels.join(operation.key(context.allow(Role.VIEWER)), stream, render, listener)
    return channels.join(object(), Stream(lambda: Unshared(stream)), render, listener)


def encoded(result: Any) -> bytes:
    """The result of an execution as JSON."""
    payload = {"data": result.data}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    return orjson.dumps(payload)


@lru_cache(DOCUMENTS)
def _document(query: str) -> DocumentNode:
    try:
        document = parse(query, max_tokens=TOKENS)
    except GraphQLError as error:
        raise Refused(error) from error
    if errors := validate(schema._schema, document, [*specified_rules, Limits]):  # noqa: SLF001 - GraphQL's own of it
        raise Refused(*errors)
    return document


def _chosen(query: str, name: str | None) -> OperationDefinitionNode:
    operation = get_operation_ast(_document(query), name)
    if operation is None:
        which = "one operation, unless operationName says which" if name is None else f"an operation {name!r}"
        raise Refused(GraphQLError(f"the document must have {which}"))
    return operation


class _Uses(Visitor):
    """Counts where each variable is named, its definition included."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.counts[node.name.value] += 1


@lru_cache(DOCUMENTS)
def _positions(query: str, name: str | None) -> frozenset[str]:
    """The variables that say where a subscriber goes on, and nothing else."""
    uses = _Uses()
    visit(_document(query), uses)
    named = {
        argument.value.name.value
        for field in _chosen(query, name).selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == POSITION and isinstance(argument.value, VariableNode)
    }
    return frozenset(each for each in named if uses.counts[each] == 2)  # noqa: PLR2004 - where it is defined, and there


def _executor(operation: Operation, context: Context) -> Executor[Any]:
    executor = schema.execution_context_class.build(
        schema._schema,  # noqa: SLF001 - GraphQL's own of it
        _document(operation.query),
        context_value=context,
        raw_variable_values=dict(operation.variables),
        operation_name=operation.name,
        is_awaitable=cast("Any", optimized_is_awaitable),
    )
    if isinstance(executor, list):
        raise Refused(*executor)
    return executor


def _renderer(executor: Executor[Any], context: Context) -> Render:
    """Makes a frame of what is told, as JSON: with loaders of its own, so that nothing in it is from an earlier one.

    While the database is away it waits: a frame with an error in its place would be one that was never told.
    """

    async def execute(told: Any) -> ExecutionResult:
        event = executor.build_per_event_executor(told)
        event.context_value = Context(context.house, context.viewer)
        executed = execute_subscription_event(event)
        result = await executed if isinstance(executed, Awaitable) else executed
        for error in result.errors or ():
            if isinstance(error.original_error, Unreachable):
                raise error.original_error
        return result

    async def render(told: Any) -> Frame:
        result = await until_read(partial(execute, told))
        if result.errors:
            result.errors = explained(*result.errors)
        return Frame(encoded(result), _position(told))

    return render


def _position(told: object) -> str | None:
    return told.cursor if isinstance(told, TierChanges | ResyncRequired) else None
