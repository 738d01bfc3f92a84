"""What is out of bounds is refused with its place, the reason and the bound, and leaves no trace."""

from __future__ import annotations

import pytest

from tests.api.bad_input.conditions import CONDITIONS
from tests.api.bad_input.inputs import LEAD, rule
from tests.api.bad_input.tables import POLICIES, PROFILES, RULES, TABLES
from tests.api.bad_input.texts import TEXTS
from tests.api.bad_input.values import BULKS, JSON, NUMBERS, TIMES
from tests.api.bad_input.wrong_ids import IDS
from tests.api.calls import Json, refused
from tests.api.conftest import Contents
from tests.api.scenes import check
from tests.client import Client

REFUSED = [
    *TEXTS, *NUMBERS, *TIMES, *JSON, *BULKS, *TABLES, *RULES, *PROFILES, *POLICIES, *CONDITIONS, *IDS
]  # fmt: skip


@pytest.mark.parametrize(
    ("mutation", "given", "path", "words"),
    REFUSED,
    ids=[ascii(f"{mutation} {'.'.join(path)}, {words}")[1:60] for mutation, _, path, words in REFUSED],
)
async def test_what_is_out_of_bounds_is_refused_with_its_place_the_reason_and_the_bound(
    client: Client, contents: Contents, mutation: str, given: Json, path: list[str], words: str
) -> None:
    before = await contents()

    refusal = await refused(client, mutation, **given)

    assert refusal["__typename"] == "InvalidInput"
    (problem,) = refusal["problems"]
    assert problem["path"] == path
    assert words in problem["message"]
    assert refusal["message"] == f"{'.'.join(path)} {problem['message']}"
    assert await contents() == before


async def test_every_problem_is_told_at_once(client: Client, contents: Contents) -> None:
    before = await contents()

    refusal = await refused(
        client, "recordActivity", lead=LEAD, activity={"kind": "click", "key": "", "properties": []}
    )

    assert [problem["path"][-1] for problem in refusal["problems"]] == ["kind", "properties", "key"]
    assert refusal["message"].count(";") >= 2
    assert await contents() == before


async def test_every_problem_of_a_rule_is_told_at_once(client: Client, contents: Contents) -> None:
    before = await contents()
    tests = [check("lead.size", "EXISTS"), check("lead.email", "GT", 5)]

    refusal = await refused(
        client,
        "saveRule",
        **rule(name="", points=0, limit={"times": 0, "per": "DAY"}, maxPoints=-1, condition={"all": tests}),
    )

    assert [".".join(problem["path"]) for problem in refusal["problems"]] == [
        "rule.name",
        "rule.limit.times",
        "rule.maxPoints",
        "rule.points",
        "rule.condition.all.0.test.field",
        "rule.condition.all.1.test.operator",
    ]
    assert await contents() == before


@pytest.mark.parametrize(
    ("levels", "first", "second", "words"),
    [
        ([("A", 0, 10), ("B", 10, 20)], "A", "B", "A and B both claim the scores from 10 to 10"),
        ([("B", 10, 20), ("A", 0, 30)], "A", "B", "both claim the scores from 10 to 20"),
        ([("A", 0, None), ("B", 10, None)], "A", "B", "both claim the scores from 10 up"),
        ([("A", None, 5), ("B", None, 9)], "A", "B", "to 5"),
        ([("A", 0, None), ("B", 10, 20)], "A", "B", "both claim the scores from 10 to 20"),
        ([("A", None, None), ("B", 10, 20)], "A", "B", "both claim the scores from 10 to 20"),
        ([("A", None, None), ("B", None, None)], "A", "B", "A and B both claim"),
    ],
)
async def test_levels_that_overlap_are_refused_and_both_are_named(
    client: Client,
    contents: Contents,
    levels: list[tuple[str, int | None, int | None]],
    first: str,
    second: str,
    words: str,
) -> None:
    before = await contents()
    table = [{"name": name, "min": low, "max": high} for name, low, high in levels]

    refusal = await refused(client, "replaceLevels", dimension="ENGAGEMENT", levels=table)

    assert refusal["__typename"] == "LevelsOverlap"
    assert (refusal["first"]["name"], refusal["second"]["name"]) == (first, second)
    assert words in refusal["message"]
    assert "None" not in refusal["message"]
    assert await contents() == before
