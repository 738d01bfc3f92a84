"""Refusals in words: the one table that turns domain errors into what a caller reads."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError

from api import ids
from api.types.levels import Level
from api.types.refusals import (
    AlreadyConfigured,
    InputProblem,
    InvalidInput,
    LeadNotFound,
    LevelsOverlap,
    NotFound,
    NothingToPublish,
    UserError,
    VersionConflict,
)
from domain import errors
from domain.errors import Fault, Problem
from domain.leads import RefKind
from domain.levels import ScoreRange
from persistence.mongo import Conflict, OutcomeUnknown, Unreachable

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_log = structlog.get_logger()


class Denied(GraphQLError):
    """The viewer may not do this; `code` is UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED or UNAVAILABLE."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})
        self.code = code


def _range(low: object, high: object) -> str:
    return (
        f"must lie between {low:,} and {high:,}"
        if isinstance(low, int)
        else f"must lie between {low} and {high}"
    )


def _long(bound: timedelta) -> str:
    return f"{bound // HOUR} hours" if bound <= DAY else f"{bound // DAY:,} days"


FAULTS: dict[Fault, Callable[[Any, Any], str]] = {
    Fault.EMPTY: lambda _, __: "must not be empty",
    Fault.TOO_LONG: lambda bound, actual: f"must have at most {bound:,} characters; it has {actual:,}",
    Fault.TOO_MANY: lambda bound, actual: f"may have at most {bound:,} items; it has {actual:,}",
    Fault.TOO_DEEP: lambda bound, _: f"may be nested at most {bound} levels deep",
    Fault.TOO_LARGE: lambda bound, actual: f"may take at most {bound:,} bytes as JSON; it takes {actual:,}",
    Fault.OUT_OF_RANGE: lambda bound, actual: f"{_range(*bound)}; it is {actual}",
    Fault.ZERO: lambda _, __: "must not be 0: it would change nothing",
    Fault.NOT_UPPER_SNAKE: lambda _, actual: f"must be UPPER_SNAKE, as in EMAIL_OPENED; it is {actual!r}",
    Fault.NOT_A_COLOR: lambda _, actual: f'must be a colour as "#rrggbb"; it is {actual!r}',
    Fault.NOT_AN_OBJECT: lambda _, __: "must be a JSON object",
    Fault.NOT_STORABLE: lambda _, __: (
        "cannot be stored: a whole number must fit 64 bits, a text must be valid Unicode, "
        "and a name must not be empty, begin with $ or hold NUL"
    ),
    Fault.NOT_A_MOMENT: lambda _, actual: (
        f"must be a time as ISO 8601 with an offset, as in 2026-03-01T09:30:00Z; it is {actual!r}"
    ),
    Fault.NO_OFFSET: lambda _, actual: f"needs an offset, as in {actual}Z or {actual}+02:00",
    Fault.TOO_FAR_AHEAD: lambda bound, actual: f"may lie at most {_long(bound)} ahead; it is {actual}",
    Fault.REVERSED: lambda bound, actual: f"must not be under min: {actual} is less than {bound}",
    Fault.DUPLICATE: lambda _, actual: (
        f"must differ from every other name by more than case; {actual!r} is there twice"
    ),
    Fault.TAKEN: lambda _, actual: f"{actual!r} belongs to another lead; refer to that lead by it instead",
    Fault.KEY_REUSED: lambda _, actual: (
        f"{actual!r} was used before for something else; a key stands for one change of one lead for ever"
    ),
    Fault.WRONG_ID: lambda bound, actual: (
        f"{actual!r} is not the id of a {bound[0]}: those begin with {bound[1]}"
    ),
    Fault.UNKNOWN_LEVEL: lambda bound, actual: (
        f"names {actual!r}, but there is no such level; there are "
        f"{', '.join(bound) or 'none yet: add some with replaceLevels'}"
    ),
    Fault.UNEVEN: lambda bound, actual: f"must be as many as the names, {bound:,}; there are {actual:,}",
    Fault.NOT_WHOLE: lambda _, actual: f"must come to 1 together; they come to {actual}",
    Fault.TOO_WIDE: lambda bound, _: f"finds more than {bound:,} leads; name a later time, or both levels",
    Fault.OF_ENGAGEMENT: lambda _, __: (
        "is for rules of engagement; a rule of the profile pays for as long as its condition holds"
    ),
    Fault.TOO_MANY_TESTS: lambda bound, actual: f"may have at most {bound:,} tests in all; it has {actual:,}",
    Fault.UNKNOWN_FIELD: lambda bound, actual: (
        f"names {actual!r}, but there is no such field; there are {', '.join(bound)}"
    ),
    Fault.NOT_IN_PROFILE: lambda bound, actual: (
        f"names {actual!r}, but a rule of the profile has no activity, and may not depend on scores or levels; "
        f"it may ask for {', '.join(bound)}"
    ),
    Fault.WRONG_OPERATOR: lambda bound, actual: (
        f"must be one that fits the field: {', '.join(bound)}; it is {actual}"
    ),
    Fault.WRONG_KIND: lambda bound, actual: (
        f"must be {' or '.join(kind.value for kind in bound)}; it is {actual.value}"
    ),
    Fault.TAKES_NO_VALUE: lambda _, actual: f"must be left out: {actual} takes none",
    Fault.NOT_ONE_OF: lambda bound, _: f"needs exactly one of {' and '.join(bound)}",
    Fault.NOT_BESIDE: lambda bound, _: f"must be left out beside {bound}: points expire or halve, not both",
    Fault.NOT_AHEAD: lambda bound, actual: f"must lie ahead of now, {bound}; it is {actual}",
    Fault.TOO_MANY_IN_ONE: lambda bound, actual: (
        f"would make {actual} leads part of one; at most {bound} may be"
    ),
    Fault.SAME_LEAD: lambda _, __: "names the same lead as `into`",
    Fault.UNBALANCED: lambda _, __: (
        "has a brace that opens or closes nothing; write {{ or }} for a brace itself"
    ),
    Fault.UNKNOWN_PLACE: lambda bound, actual: (
        f"has a place {{{actual}}}, which there is not; there are {', '.join(bound)}"
    ),
    Fault.NOT_OF_EVENT: lambda bound, _: f"says nothing to {bound}; leave it out",
    Fault.NOT_OF_ACTION: lambda bound, _: f"says nothing to an action of the kind {bound}; leave it out",
    Fault.NOT_WHSEC: lambda bound, _: (
        f"must be whsec_ and then {bound[0]} to {bound[1]} random bytes in base64, as Standard Webhooks has it"
    ),
    Fault.NOT_A_TARGET: lambda bound, actual: f"cannot be called: {actual}; it must be {bound}",
    Fault.MALFORMED_CURSOR: lambda _, actual: (
        f"{actual!r} is not a cursor of this list in this order; begin again without one"
    ),
}


def problem_in_words(problem: Problem) -> InputProblem:
    return InputProblem(path=list(problem.path), message=FAULTS[problem.fault](problem.bound, problem.actual))


def _invalid_input(error: errors.InvalidInput) -> InvalidInput:
    problems = [problem_in_words(problem) for problem in error.problems]
    message = "; ".join(f"{'.'.join(each.path) or 'input'} {each.message}" for each in problems)
    return InvalidInput(message=message, problems=problems)


def _levels_overlap(error: errors.LevelsOverlap) -> LevelsOverlap:
    first, second = error.first, error.second
    return LevelsOverlap(
        message=f"{first.name} and {second.name} both claim {_scores(error.contested)}; move a bound of one of them",
        first=Level.of(first),
        second=Level.of(second),
    )


def _scores(contested: ScoreRange) -> str:
    match contested.min, contested.max:
        case None, None:
            return "every score"
        case None, high:
            return f"the scores up to {high}"
        case low, None:
            return f"the scores from {low} up"
        case low, high:
            return f"the scores from {low} to {high}"


def _lead_not_found(error: errors.LeadNotFound) -> LeadNotFound:
    ref = error.ref
    name = ids.public("Lead", ref.value) if ref.kind is RefKind.ID else ref.value
    return LeadNotFound(
        message=f"there is no lead {name!r} in this workspace; it may have been deleted, or the id is another's"
    )


BY_ID = {
    "Rule",
    "Job",
    "Activity",
    "Automation",
    "Delivery",
}  # what is asked for by its id; the rest by name or number


def _not_found(error: errors.NotFound) -> NotFound:
    public_id = strawberry.ID(ids.public(error.kind, error.name)) if error.kind in BY_ID else None
    return NotFound(
        message=f"there is no {error.kind} {public_id or error.name!r} here; look up what there is and try again",
        id=public_id,
    )


def _version_conflict(error: errors.VersionConflict) -> VersionConflict:
    return VersionConflict(
        message=(
            f"somebody else edited first: you expected version {error.expected}, it is {error.current}; "
            "read it again, and repeat your edit on that"
        ),
        current_version=error.current,
    )


def _nothing_to_publish(_: errors.NothingToPublish) -> NothingToPublish:
    return NothingToPublish(message="there is no draft to publish; edit one with saveRule")


def _already_configured(_: errors.AlreadyConfigured) -> AlreadyConfigured:
    return AlreadyConfigured(
        message=(
            "the workspace has levels or rules of its own, which a template would bury; "
            "edit them with replaceLevels and saveRule"
        )
    )


REFUSALS: dict[type[errors.DomainError], tuple[type[UserError], Callable[[Any], UserError]]] = {
    errors.InvalidInput: (InvalidInput, _invalid_input),
    errors.LevelsOverlap: (LevelsOverlap, _levels_overlap),
    errors.LeadNotFound: (LeadNotFound, _lead_not_found),
    errors.NotFound: (NotFound, _not_found),
    errors.VersionConflict: (VersionConflict, _version_conflict),
    errors.NothingToPublish: (NothingToPublish, _nothing_to_publish),
    errors.AlreadyConfigured: (AlreadyConfigured, _already_configured),
}


def refusal(error: errors.DomainError) -> Any:
    """The union member that says so."""
    _, in_words = REFUSALS[type(error)]
    return in_words(error)


class _Handler(strawberry.ExceptionHandler):  # type: ignore[type-arg]  # the types are the attributes below
    """Makes the refusal of one class the result of fields whose union has a place for it."""

    def __init__(self, exception: type[errors.DomainError]) -> None:
        self.exception_type = exception
        self.error_type = REFUSALS[exception][0]

    def handle(self, exception: errors.DomainError, *, field: object, info: object) -> Any:  # noqa: ARG002 - the protocol's
        return refusal(exception)


HANDLERS = [_Handler(exception) for exception in REFUSALS]


TROUBLES: dict[type[Exception], tuple[str, str]] = {
    Conflict: (
        "UNAVAILABLE",
        "others keep writing to the same data; nothing was written: send it again in a moment",
    ),
    Unreachable: (
        "UNAVAILABLE",
        "the database cannot be reached; nothing was written: send it again in a moment",
    ),
    OutcomeUnknown: (
        "OUTCOME_UNKNOWN",
        "the database did not say whether it wrote all of this; what has a key is safely sent again, and counts once",
    ),
}


# What says in its own words that the caller is wrong: GraphQL's own errors, and no or another operation of that name.
MISTAKES = (GraphQLError, CannotGetOperationTypeError, type(None))


class Explain(MaskErrors):
    """Explains mistakes where no union can, and hides bugs behind an id that the log has too."""

    def __init__(self) -> None:
        super().__init__(lambda error: not isinstance(error.original_error, MISTAKES))

    def in_words(self, errors: list[GraphQLError]) -> list[GraphQLError]:
        """The errors as their caller may read them."""
        return self._process_errors(errors)

    def _process_errors(self, errors: list[GraphQLError]) -> list[GraphQLError]:
        processed = super()._process_errors(errors)
        for error in processed:
            error.extensions = {"code": "BAD_REQUEST", **(error.extensions or {})}
        return processed

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        cause = error.original_error
        if isinstance(cause, errors.DomainError):
            return _said(error, refusal(cause).message, type(cause).__name__)
        for trouble, (code, message) in TROUBLES.items():
            if isinstance(cause, trouble):
                # Without its text, which may hold the documents it speaks of.
                _log.warning("an operation could not be carried out", code=code, cause=type(cause).__name__)
                return _said(error, message, code)
        error_id = uuid.uuid4().hex[:12]
        _log.error("an operation failed", error_id=error_id, path=error.path, exc_info=cause)
        return _said(
            error, f"something went wrong here, not with your request; it is logged as {error_id}", "BUG"
        )


def _said(error: GraphQLError, message: str, code: str) -> GraphQLError:
    return GraphQLError(
        message, nodes=error.nodes, positions=error.positions, path=error.path, extensions={"code": code}
    )


def explained(*errors: Exception) -> list[GraphQLError]:
    """What `Explain` makes of errors that come up where Strawberry does not execute."""
    located = [
        error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
        for error in errors
    ]
    return Explain().in_words(located)
