"""What README says is so: its commands, its first steps, its tables."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema, parse, validate

from api.errors import TROUBLES
from api.settings import Settings
from domain.actors import Role
from persistence.embedded import embedded_mongo
from tests.bounds import BOUNDS
from tests.client import Client

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SCHEMA = build_schema((ROOT / "schema.graphql").read_text())


def section(title: str) -> str:
    """The text under a heading."""
    _, found, rest = README.partition(f"\n## {title}\n")
    assert found, f"README has no section {title!r}"
    return rest.partition("\n## ")[0]


def documents(text: str) -> list[str]:
    """Every GraphQL document in it, sent by a command or shown by itself."""
    return re.findall(r"(?:<<'GRAPHQL'|```graphql)\n(.*?)\n(?:GRAPHQL|```)$", text, re.DOTALL | re.MULTILINE)


def answers(text: str) -> list[Any]:
    return [json.loads(each) for each in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def rows(title: str) -> list[list[str]]:
    """The cells of the table in a section, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_it_opens_with_two_commands_and_ci_runs_the_one_for_the_tests() -> None:
    demo, tests = re.findall(r"```sh\n(.*)\n```", README.partition("\n## ")[0])
    packages, venv, the_rest = tests.partition(" && python3 -m venv ")
    ci = (ROOT / ".ci" / "run").read_text().splitlines()

    assert (
        demo == f"{packages} && python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/tierwire demo"
    )
    assert f"  {packages} || exit 1" in ci
    assert f"{(venv + the_rest).removeprefix(' && ')} || exit 1" in ci


@pytest.mark.parametrize("document", documents(README))
def test_every_operation_is_one_of_the_schema(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []


async def test_the_first_steps_lead_to_the_answer_that_is_shown(client: Client) -> None:
    *steps, last = documents(section("First steps"))
    (shown,) = answers(section("First steps"))

    for step in steps:
        assert "message" not in await client(step)

    assert await client.answer(last) == shown


async def test_the_refusal_is_the_one_that_is_shown(client: Client) -> None:
    (levels, *_), (refused,) = documents(section("First steps")), documents(section("Refusals"))
    (shown,) = answers(section("Refusals"))
    await client(levels)

    assert await client.answer(refused) == shown


async def test_a_board_by_the_subscription_that_is_shown_is_told(client: Client) -> None:
    levels = documents(section("First steps"))[0]
    (subscription,) = documents(section("Live boards"))
    await client(levels)

    async with client.subscribe(subscription) as board:
        await client(
            'mutation { adjustScore(input: {lead: {externalId: "crm-1"}, delta: 60}) { __typename } }'
        )
        told = await anext(board)

    assert told["changes"][0]["to"]["name"] == "Hot"


@pytest.mark.parametrize("lines", re.findall(r"```js\n(.*?)```", README, re.DOTALL))
def test_the_programs_that_are_shown_are_parts_of_those_that_are_run(lines: str) -> None:
    programs = [path.read_text() for path in (ROOT / "tests" / "clients").glob("*.mjs")]

    for part in lines.split("\n\nexport "):
        assert any(part.strip() in program for program in programs)


async def test_a_list_by_the_subscription_that_is_shown_stays_true(client: Client) -> None:
    levels = documents(section("First steps"))[0]
    (subscription,) = documents(section("Lists that stay true"))
    await client(levels)

    async with client.subscribe(subscription) as board:
        snapshot = await anext(board)
        await client(
            'mutation { adjustScore(input: {lead: {externalId: "crm-1"}, delta: 60}) { __typename } }'
        )
        delta = await anext(board)

    assert snapshot == {"entries": []}
    assert [entry["lead"]["engagement"]["score"] for entry in delta["entered"]] == [60]


def test_the_settings_are_those_that_there_are_with_their_defaults() -> None:
    shown = {name.strip("`"): default.strip("`") for name, default, _ in rows("Settings")}
    fields = Settings.model_fields.items()

    assert shown == {f"TIERWIRE_{name.upper()}": _default(field.default) for name, field in fields}


def _default(value: object) -> str:
    if isinstance(value, Path):
        return f"~/{value.relative_to(Path.home())}"
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value)


def test_the_embedded_mongodb_is_found_at_the_address_that_is_shown(tmp_path: Path) -> None:
    (shown,) = re.findall(r"`(mongodb://127[^`]*)`", section("Settings"))
    with embedded_mongo(tmp_path / ".tierwire") as uri:
        asked = subprocess.run(
            ["sh", "-c", f'printf %s "{shown}"'], env={"HOME": str(tmp_path)}, capture_output=True, check=True
        )

    assert asked.stdout.decode() == uri


@pytest.mark.parametrize("code", [1009, 1012, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429, 403])
def test_every_code_with_which_a_socket_ends_is_told(code: int) -> None:
    assert any(re.search(rf"\b{code}\b", codes) for codes, _, _ in rows("Live boards"))


def test_every_code_of_an_error_is_named() -> None:
    codes = {
        "UNAUTHENTICATED",
        "FORBIDDEN",
        "RATE_LIMITED",
        "BAD_REQUEST",
        "BUG",
        *(code for code, _ in TROUBLES.values()),
    }

    assert codes == set(re.findall(r"`([A-Z_]+)`", section("Refusals")))


def test_the_roles_are_those_that_there_are_in_order() -> None:
    assert [role.strip("`") for role, _ in rows("Keys and roles")] == [role.value for role in Role]


@pytest.mark.parametrize(("row", "held"), [*zip_longest(rows("Bounds"), BOUNDS, fillvalue="none")])
def test_a_bound_is_the_one_that_is_held(row: Sequence[str], held: str) -> None:
    assert row[-1] == held


def test_ci_looks_for_every_root_field_in_the_contract() -> None:
    listed = re.findall(r"\b(?:Query|Mutation|Subscription)\.\w+", (ROOT / ".ci" / "run").read_text())
    roots = [SCHEMA.type_map[name] for name in ("Query", "Mutation", "Subscription")]

    assert sorted(listed) == sorted(
        f"{root.name}.{field}"
        for root in roots
        if isinstance(root, GraphQLObjectType)
        for field in root.fields
    )
