"""Operations made from the schema itself, so that a field that is new cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from api.schema import sdl
from domain.actors import Role
from tests.client import Client

Json = dict[str, Any]

SCHEMA = build_schema(sdl())
# What is wanted where an id is: well-formed, for the operation to be refused by what there is not, not by its form.
UNKNOWN: Mapping[str, str] = {
    kind: f"{prefix}_0123456789abcdef01234567"
    for kind, prefix in {
        "lead": "lead",
        "rule": "rule",
        "job": "job",
        "activity": "act",
        "automation": "auto",
        "deliver": "dlv",
    }.items()
}
# What a required field of each scalar is given. One word serves as a name, a key and an activity's kind.
SCALARS: Mapping[str, Any] = {
    "Boolean": True,
    "Color": "#112233",
    "DateTime": "2026-01-02T03:04:05Z",
    "Float": 1.0,
    "Int": 1,
    "JSON": {},
    "String": "EXAMPLE",
}


def root_fields(operation: str) -> dict[str, GraphQLField]:
    """The fields of Query, Mutation or Subscription."""
    root = SCHEMA.type_map[operation]
    assert isinstance(root, GraphQLObjectType)
    fields: dict[str, GraphQLField] = root.fields
    return fields


def whose(name: str) -> str:
    """Whose id a root field or an input of that name asks for, if for any."""
    return next(
        (kind for kind in ("job", "activity", "automation", "deliver") if kind in name.casefold()), "rule"
    )


def role_needed(field: GraphQLField) -> Role:
    """The role that the field's description says it needs."""
    found = re.search(r"Needs ([A-Z]+)\.", field.description or "")
    assert found, f"no description says what role it needs: {field.description!r}"
    return Role[found[1]]


def example(kind: GraphQLInputType, ids: Mapping[str, str] | None = None, within: str = "") -> Any:
    """A value of an input type with what is required alone; with *ids* every id is filled in, by what it is *within*."""
    if isinstance(kind, GraphQLNonNull):
        return example(kind.of_type, ids, within)
    if isinstance(kind, GraphQLList):
        return [example(kind.of_type, ids, within)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if not isinstance(kind, GraphQLInputObjectType):
        return (ids or UNKNOWN)[whose(within)] if kind.name == "ID" else SCALARS[kind.name]
    return _one_of(kind, ids) if kind.is_one_of else dict(_fields(kind, ids))


def _one_of(kind: GraphQLInputObjectType, ids: Mapping[str, str] | None) -> Json:
    """A condition, or how a lead is named."""
    if "test" in kind.fields:
        return {"test": {"field": "lead.email", "operator": "EXISTS"}}
    return {"id": ids["lead"]} if ids else {"externalId": SCALARS["String"]}


def _fields(kind: GraphQLInputObjectType, ids: Mapping[str, str] | None) -> Iterator[tuple[str, Any]]:
    for name, field in kind.fields.items():
        if is_required_input_field(field) or (ids and get_named_type(field.type).name == "ID"):
            yield name, example(field.type, ids, kind.name)


def names_an_id(kind: GraphQLNamedType) -> bool:
    """Whether an input holds an id, however deep."""
    if not isinstance(kind, GraphQLInputObjectType):
        return kind.name == "ID"
    inner = (get_named_type(field.type) for field in kind.fields.values())
    return any(names_an_id(each) for each in inner if each is not kind)  # conditions hold conditions


def selection(kind: GraphQLNamedType, depth: int) -> str:
    """Every field that needs no arguments, *depth* objects deep, of every type it may be."""
    if is_leaf_type(kind):
        return ""
    if isinstance(kind, GraphQLUnionType):
        members = " ".join(f"... on {each.name} {_fields_of(each, depth)}" for each in kind.types)
        return f"{{ __typename {members} }}"
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    return _fields_of(kind, depth)


def _fields_of(kind: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
    chosen = ["__typename"]
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if not any(map(is_required_argument, field.args.values())) and (is_leaf_type(inner) or depth > 1):
            chosen.append(f"{name} {selection(inner, depth - 1)}")
    return f"{{ {' '.join(chosen)} }}"


def document(
    operation: str, name: str, depth: int = 1, wanted: str | None = None, *, required: bool = False
) -> str:
    """The operation that asks for one root field, with its arguments, all or those required, as variables."""
    field = root_fields(operation)[name]
    args = {
        each: argument
        for each, argument in field.args.items()
        if is_required_argument(argument) or not required
    }
    declared = ", ".join(f"${each}: {argument.type}" for each, argument in args.items())
    given = ", ".join(f"{each}: ${each}" for each in args)
    chosen = selection(get_named_type(field.type), depth) if wanted is None else wanted
    return f"{operation.lower()}{declared and f'({declared})'} {{ {name}{given and f'({given})'} {chosen} }}"


def arguments(operation: str, name: str, ids: Mapping[str, str] | None = None) -> Json:
    """What the root field's required arguments may be."""
    args = root_fields(operation)[name].args
    return {
        each: example(argument.type, ids, name)
        for each, argument in args.items()
        if is_required_argument(argument)
    }


def call(operation: str, name: str, ids: Mapping[str, str] | None = None, depth: int = 1) -> Json:
    """The arguments of a client's call: the document, and variables for what is required.

    What is not required is not declared either: a page whose size a variable says weighs as much as the largest.
    """
    return {
        "document": document(operation, name, depth, required=True),
        **arguments(operation, name, ids),
    }


def body(operation: str, name: str) -> Json:
    """The same as the body of a request, or the payload of `subscribe`."""
    return {"query": document(operation, name), "variables": arguments(operation, name)}


def payload_of(mutation: str) -> str:
    """The name of the mutation's one result that is no refusal."""
    union = get_named_type(root_fields("Mutation")[mutation].type)
    assert isinstance(union, GraphQLUnionType)
    payload: str
    (payload,) = (each.name for each in union.types if each.name.endswith("Payload"))
    return payload


async def done(client: Client, mutation: str, wanted: str, **given: Any) -> Any:
    """What is wanted of the payload of a mutation that is not refused."""
    result = await result_of(client, mutation, wanted, given)
    assert result.pop("__typename") == payload_of(mutation), result
    return result


async def refused(client: Client, mutation: str, **given: Any) -> Json:
    """The refusal of a mutation, with all its fields; its type's name is `__typename`."""
    result = await result_of(client, mutation, "__typename", given)
    assert result["__typename"] != payload_of(mutation), result
    return result


async def result_of(client: Client, mutation: str, wanted: str, given: Json) -> Json:
    """The result of a mutation with that input: what is wanted of its payload, or every field of its refusal."""
    union = get_named_type(root_fields("Mutation")[mutation].type)
    assert isinstance(union, GraphQLUnionType)
    members = " ".join(
        f"... on {each.name} {f'{{ {wanted} }}' if each.name.endswith('Payload') else _fields_of(each, 2)}"
        for each in union.types
    )
    query = document("Mutation", mutation, wanted=f"{{ __typename {members} }}")
    result: Json = await client(query, input=given)
    return result
