"""The schema is a reviewed file: it says what the code offers, describes all of it, and keeps its promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    find_breaking_changes,
    is_introspection_type,
    is_specified_scalar_type,
)

from api.schema import sdl
from tests.api.calls import SCHEMA, role_needed, root_fields

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared" / "contract.graphql"
WHOLE = ("ConditionInput", "TestInput", "Operator")  # types of which nothing is missing
PROMISED = {
    "Query": (
        "viewer node lead leads levelSet levelSets ruleSet ruleSets previewRules testRules history "
        "previewLevels suggestLevels tierDistribution levelMatrix job jobs templates"
    ),
    "LevelsPayload": "levelSet job",
    "Lead": "history activities",
    "Rule": "id name dimension isEnabled activity condition points limit maxPoints expiresAfterDays halfLifeDays",
    "RuleSet": "version state basedOn rules inactivity floor ceiling comment publishedAt publishedBy warnings",
    "RuleTest": "before after parts",
    "Mutation": (
        "upsertLead upsertLeads deleteLead mergeLeads recordActivity recordActivities retractActivity "
        "adjustScore adjustScores "
        "replaceLevels addLevel updateLevel removeLevel revertLevels saveRule removeRule publishRules "
        "saveScoringPolicy discardDraftRules revertRules quickStart cancelJob"
    ),
    "Subscription": "leadTierChanged leadBoard levelSetChanged jobProgress",
}
OWN = [
    kind
    for kind in SCHEMA.type_map.values()
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
]
UNIONS = [kind for kind in OWN if isinstance(kind, GraphQLUnionType)]


def test_the_file_is_what_the_code_offers() -> None:
    assert (ROOT / "schema.graphql").read_text() == sdl(), "export it: tierwire schema > schema.graphql"


def undescribed(kind: GraphQLNamedType) -> Iterator[str]:
    if not kind.description:
        yield kind.name
    if isinstance(kind, GraphQLEnumType):
        yield from (f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description)
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in kind.fields.items():
            if not field.description:
                yield f"{kind.name}.{name}"
            arguments = getattr(field, "args", {}).items()
            yield from (f"{kind.name}.{name}({each}:)" for each, given in arguments if not given.description)


@pytest.mark.parametrize("kind", OWN, ids=str)
def test_everything_is_described(kind: GraphQLNamedType) -> None:
    assert list(undescribed(kind)) == []


@pytest.mark.parametrize("name", root_fields("Mutation"))
def test_a_mutation_takes_one_input_and_answers_with_a_union(name: str) -> None:
    field = root_fields("Mutation")[name]

    assert {each: str(argument.type) for each, argument in field.args.items()} == {
        "input": f"{name[0].upper()}{name[1:]}Input!"
    }
    assert isinstance(field.type, GraphQLNonNull)
    assert field.type.of_type in UNIONS
    assert field.type.of_type.name.endswith("Result")


@pytest.mark.parametrize(
    "union", [union for union in UNIONS if union.name.endswith("Result")], ids=lambda union: union.name
)
def test_a_result_is_one_payload_or_a_refusal_that_says_why(union: GraphQLUnionType) -> None:
    payload, *refusals = union.types

    assert payload.name.endswith("Payload")
    assert refusals
    assert [each.name for each in refusals if SCHEMA.type_map["UserError"] not in each.interfaces] == []


@pytest.mark.parametrize("operation", ["Query", "Mutation", "Subscription"])
def test_every_root_field_says_which_role_it_needs(operation: str) -> None:
    assert all(role_needed(field) for field in root_fields(operation).values())


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in PROMISED.items() for field in fields.split()]
)
def test_what_was_promised_is_offered(kind: str, field: str) -> None:
    assert field in root_fields(kind)


@pytest.mark.skipif(
    not CONTRACT.exists(), reason="the contract lies beside the repository, which is alone here"
)
def test_what_is_offered_is_as_the_contract_has_it() -> None:
    """Parts of the contract may still be missing, but of conditions; what is there has its names and shapes."""
    changes = find_breaking_changes(build_schema(CONTRACT.read_text()), SCHEMA)

    missing = [each for each in changes if each.type.name.endswith(("_REMOVED", "_FROM_ENUM"))]
    assert [each.description for each in changes if each not in missing] == []
    assert [each.description for each in missing if any(name in each.description for name in WHOLE)] == []


def test_ids_and_errors_are_told_apart_by_interfaces() -> None:
    with_id = {kind.name for kind in OWN if isinstance(kind, GraphQLObjectType) and str(_id(kind)) == "ID!"}
    nodes = {kind.name for kind in SCHEMA.get_implementations(_interface("Node")).objects}

    assert with_id == nodes


def _id(kind: GraphQLObjectType) -> object:
    return kind.fields["id"].type if "id" in kind.fields else None


def _interface(name: str) -> GraphQLInterfaceType:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLInterfaceType)
    return found
