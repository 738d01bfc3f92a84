"""Refusals have words, mistakes are explained, and bugs are hidden behind an id that the log has too."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.types import ExecutionResult
from structlog.testing import capture_logs

from api.errors import FAULTS, HANDLERS, REFUSALS, TROUBLES, Denied, Explain
from api.types.refusals import UserError
from domain.errors import DomainError, Fault, NothingToPublish
from persistence.mongo import OutcomeUnknown, Unreachable
from tests.client import Client

SECRET = "the password is hunter2"


@strawberry.type
class Query:
    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def refused(self) -> str | None:
        raise NothingToPublish

    @strawberry.field
    def away(self, code: str) -> str | None:
        raise {"UNAVAILABLE": Unreachable, "OUTCOME_UNKNOWN": OutcomeUnknown}[code](SECRET)

    @strawberry.field
    def forbidden(self) -> str | None:
        raise Denied("FORBIDDEN", "you may not")

    @strawberry.field
    def small(self, at_most: int = 1) -> str | None:
        return str(at_most)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError(SECRET)


schema = strawberry.Schema(Query, subscription=Subscription, extensions=[Explain])


def the_error(result: ExecutionResult) -> GraphQLError:
    assert result.errors
    (error,) = result.errors
    return error


def refusals(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from refusals(each)


def test_every_refusal_of_the_domain_has_words_and_a_handler() -> None:
    assert set(REFUSALS) == set(refusals())
    assert {handler.exception_type for handler in HANDLERS} == set(REFUSALS)


def test_every_refusal_is_a_user_error_of_its_own() -> None:
    types = [kind for kind, _ in REFUSALS.values()]

    assert len(set(types)) == len(types)
    assert all(issubclass(kind, UserError) for kind in types)


def test_every_fault_has_words() -> None:
    assert set(FAULTS) == set(Fault)


async def test_a_bug_is_hidden_behind_an_id_that_the_log_has_too() -> None:
    with capture_logs() as log:
        result = await schema.execute("{ broken }")

    error = the_error(result)
    (entry,) = log
    assert error.extensions == {"code": "BUG"}
    assert error.path == ["broken"]
    assert error.message.endswith(f"it is logged as {entry['error_id']}")
    assert SECRET in str(entry["exc_info"])
    assert SECRET not in str(error.formatted)


async def test_two_bugs_have_two_ids() -> None:
    with capture_logs() as log:
        result = await schema.execute("{ a: broken b: broken }")

    ids = {re.findall("[0-9a-f]{12}$", error.message)[0] for error in result.errors or ()}
    assert len(ids) == 2
    assert ids == {entry["error_id"] for entry in log}


async def test_a_bug_in_a_subscription_is_hidden_too() -> None:
    with capture_logs() as log:
        stream = await schema.subscribe("subscription { breaks }")
        answers = [answer async for answer in stream]

    assert answers[0].data == {"breaks": 1}
    assert [error.extensions for error in answers[-1].errors or ()] == [{"code": "BUG"}]
    assert SECRET not in str([answer.errors for answer in answers])
    assert [SECRET in str(entry["exc_info"]) for entry in log] == [True]


async def test_a_refusal_where_no_union_can_say_so_is_explained_and_not_logged() -> None:
    with capture_logs() as log:
        result = await schema.execute("{ refused }")

    error = the_error(result)
    assert error.message == "there is no draft to publish; edit one with saveRule"
    assert error.extensions == {"code": "NothingToPublish"}
    assert log == []


@pytest.mark.parametrize(
    ("trouble", "code"), [(Unreachable, "UNAVAILABLE"), (OutcomeUnknown, "OUTCOME_UNKNOWN")]
)
async def test_a_database_that_is_away_is_no_bug_and_what_became_of_the_write_is_said(
    trouble: type[Exception], code: str
) -> None:
    with capture_logs() as log:
        result = await schema.execute("query($code: String!) { away(code: $code) }", {"code": code})

    error = the_error(result)
    assert error.extensions == {"code": code}
    assert "again" in error.message
    assert SECRET not in str(error.formatted)
    assert [(entry["log_level"], SECRET in str(entry)) for entry in log] == [("warning", False)]
    assert trouble in TROUBLES


async def test_what_is_denied_says_so() -> None:
    result = await schema.execute("{ forbidden }")

    error = the_error(result)
    assert error.formatted == {
        "message": "you may not",
        "locations": [{"line": 1, "column": 3}],
        "path": ["forbidden"],
        "extensions": {"code": "FORBIDDEN"},
    }


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{ nope }", "Cannot query field 'nope' on type 'Query'"),
        ("{ viewer { nope } }", "Cannot query field 'nope' on type 'Viewer'"),
        ("{", "Syntax Error: Expected Name"),
        ("{ viewer }", "Field 'viewer' of type 'Viewer!' must have a selection of subfields"),
        ("{ lead { id } }", "Argument 'Query.lead(by:)' of type 'LeadRef!' is required"),
        ("{ levelSet(dimension: HEIGHT) { version } }", "Value 'HEIGHT' does not exist in 'Dimension' enum"),
        ("{ leads(first: 1.5) { totalCount } }", "Int cannot represent non-integer value: 1.5"),
        ("query($n: Nope) { leads(first: $n) { totalCount } }", "Unknown type 'Nope'"),
        (
            "query($n: Int!) { leads(first: $n) { totalCount } }",
            "Expected a value of non-null type 'Int!' to be provided",
        ),
        ("{ ...F }", "Unknown fragment 'F'"),
        ('{ history(since: "yesterday") { edges { cursor } } }', "since must be a time as ISO 8601"),
    ],
)
async def test_a_mistake_is_explained(client: Client, document: str, words: str) -> None:
    assert words in await client.error(document)


async def test_a_bad_variable_is_explained_with_its_place(client: Client) -> None:
    document = "mutation($i: AdjustScoresInput!) { adjustScores(input: $i) { __typename } }"
    good = {"lead": {"externalId": "a"}, "delta": 1}

    message = await client.error(document, i={"adjustments": [good, {**good, "delta": "many"}]})

    assert "adjustments[1].delta" in message
    assert "Int cannot represent non-integer value: 'many'" in message


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            "{ leads { edges { node { " + "history { edges { node { lead { " * 3 + "id" + " }" * 16,
            "at most 12 are allowed",
        ),
        ("{ " + " ".join(f"a{n}: viewer {{ role }}" for n in range(51)) + " }", "at most 50 are allowed"),
        (
            "{ leads(first: 200) { edges { node { history(first: 100) { totalCount: __typename } } } } }",
            "at most 20,000",
        ),
        (
            "query($n: Int) { leads(first: 101) { edges { node { history(first: $n) { __typename } } } } }",
            "at most 20,000",
        ),
        (
            "{ a: levelMatrix { total } "
            + " ".join(
                f"{name}: previewLevels(dimension: PROFILE, levels: []) {{ gaps {{ min }} }}"
                for name in "bcdefghi"
            )
            + " ".join(f" {name}: tierDistribution(dimension: PROFILE) {{ total }}" for name in "jklmnopq")
            + "}",
            "it weighs as much as 21,000 entries of lists; at most 20,000",
        ),
        (
            "{ "
            + " ".join(f"{name}: leads(first: 1) {{ totalCount }}" for name in "abcdefghijklmnopqrstu")
            + " }",
            "it weighs as much as 21,021 entries of lists",
        ),
        ("{ " + "viewer { role } " * 501 + "}", "more than 2000 tokens"),
    ],
)
async def test_a_document_that_asks_too_much_is_refused_with_the_bound(
    client: Client, document: str, words: str
) -> None:
    assert words in await client.error(document)
