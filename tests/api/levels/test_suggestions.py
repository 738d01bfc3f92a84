"""Thresholds are suggested that give levels the shares asked for, as a table to be taken as it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calls import Json
from tests.api.levels.asking import LEVEL, counts, distribution, edit, preview
from tests.api.scenes import with_crowd, with_levels
from tests.client import Client

QUERY = f"""query($d: Dimension!, $names: [String!]!, $shares: [Float!]!) {{
  suggestLevels(dimension: $d, names: $names, shares: $shares) {LEVEL} }}"""
NAMES = ["Cold", "Warm", "Hot", "Very Hot"]


async def suggested(
    client: Client, names: list[str], shares: list[float], dimension: str = "ENGAGEMENT"
) -> Any:
    return await client(QUERY, d=dimension, names=names, shares=shares)


def crowd(*scores: int) -> dict[str, int]:
    return {f"lead {number}": score for number, score in enumerate(scores)}


async def taken(client: Client, table: list[Json]) -> list[int]:
    """How many leads each level has when the suggested table is put in force as it is, lowest first."""
    levels = [{name: value for name, value in level.items() if name != "rank"} for level in table]
    foretold = await preview(client, levels)
    assert foretold["problems"] == []
    edited = await edit(client, "replaceLevels", levels=levels)
    assert edited["levelSet"]["levels"] == table
    assert edited["levelSet"]["gaps"] == []
    found = await distribution(client)
    assert found["shares"] == foretold["after"]
    return list(counts(found["shares"]).values())


class TestSuggestions:
    @pytest.mark.parametrize(
        "shares",
        [
            [0.25, 0.25, 0.25, 0.25],
            [0.7, 0.2, 0.07, 0.03],
            [0.05, 0.05, 0.1, 0.8],
            [0.01, 0.01, 0.97, 0.01],
            [0.333, 0.333, 0.333, 0.001],
        ],
        ids=str,
    )
    async def test_leads_of_different_scores_are_shared_out_as_asked(
        self, client: Client, shares: list[float]
    ) -> None:
        await with_crowd(client, crowd(*(number * number for number in range(100))))

        table = await suggested(client, NAMES, shares)

        assert [level["name"] for level in table] == NAMES
        shared = await taken(client, table)
        assert all(abs(leads - share * 100) <= 1 for leads, share in zip(shared, shares, strict=True))

    @pytest.mark.parametrize(
        ("scores", "shares", "expected"),
        [
            ([10] * 6 + [20] * 4, [0.5, 0.5], [6, 4]),
            ([10] * 4 + [20] * 6, [0.5, 0.5], [4, 6]),
            ([10] * 9 + [20], [0.5, 0.5], [9, 1]),
            ([10] + [20] * 9, [0.5, 0.5], [1, 9]),
            ([10, 20, 20, 20, 20, 30], [0.3, 0.3, 0.4], [1, 4, 1]),
        ],
        ids=str,
    )
    async def test_leads_of_the_same_score_stay_together(
        self, client: Client, scores: list[int], shares: list[float], expected: list[int]
    ) -> None:
        await with_crowd(client, crowd(*scores))

        table = await suggested(client, NAMES[: len(shares)], shares)

        assert await taken(client, table) == expected

    @pytest.mark.parametrize("score", [0, 7, 1_000_000])
    async def test_more_levels_than_scores_are_still_a_table(self, client: Client, score: int) -> None:
        await with_crowd(client, crowd(*[score] * 5))

        shared = await taken(client, await suggested(client, NAMES, [0.4, 0.3, 0.2, 0.1]))

        assert sorted(shared) == [0, 0, 0, 5]

    async def test_fifty_levels_and_one(self, client: Client) -> None:
        await with_crowd(client, crowd(*range(60)))

        assert await taken(client, await suggested(client, ["All"], [1])) == [60]
        many = await suggested(client, [f"L{number}" for number in range(50)], [0.02] * 50)
        assert sum(await taken(client, many)) == 60

    async def test_without_leads_the_levels_lie_25_points_apart(self, client: Client) -> None:
        table = await suggested(client, NAMES, [0.4, 0.3, 0.2, 0.1])

        assert [(level["min"], level["max"]) for level in table] == [
            (None, 24),
            (25, 49),
            (50, 74),
            (75, None),
        ]
        assert await taken(client, table) == [0, 0, 0, 0]

    async def test_it_is_of_the_dimension_asked_for_whatever_its_levels_are(self, client: Client) -> None:
        await with_levels(client, [{"name": "Everyone"}], "PROFILE")
        await with_crowd(client, crowd(*range(1, 11)))
        await with_crowd(client, crowd(*range(100, 110)), "PROFILE")

        profile = await suggested(client, [" Poor ", "Good"], [0.5, 0.5], "PROFILE")
        engagement = await suggested(client, ["Poor", "Good"], [0.5, 0.5])

        assert [(level["name"], level["min"], level["max"]) for level in profile] == [
            ("Poor", None, 104),
            ("Good", 105, None),
        ]
        assert engagement[1]["min"] == 6


REFUSED: list[tuple[list[str], list[float], str]] = [
    ([], [], "names must not be empty"),
    (["A", " "], [0.5, 0.5], "names.1 must not be empty"),
    (["A", "x" * 201], [0.5, 0.5], "names.1 must have at most 200 characters; it has 201"),
    (["A", "B", "a "], [0.5, 0.3, 0.2], "names.2 must differ from every other name by more than case; 'a ' is there twice"),
    ([f"L{n}" for n in range(51)], [1 / 51] * 51, "names may have at most 50 items; it has 51"),
    (["A", "B", "C"], [0.5, 0.5], "shares must be as many as the names, 3; there are 2"),
    (["A", "B"], [0.5, 0.4], "shares must come to 1 together; they come to 0.9"),
    (["A", "B"], [0.5, 0.6], "shares must come to 1 together; they come to 1.1"),
    (["A", "B"], [1.5, -0.5], "shares.0 must lie between 0.001 and 1; it is 1.5; shares.1 must lie between 0.001 and 1; it is -0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("names", "shares", "words"), REFUSED, ids=[words[:40] for _, _, words in REFUSED])
async def test_what_makes_no_table_is_refused(
    client: Client, names: list[str], shares: list[float], words: str
) -> None:
    answer = await client.answer(QUERY, d="ENGAGEMENT", names=names, shares=shares)

    (error,) = answer["errors"]
    assert error["message"] == words
    assert error["extensions"] == {"code": "InvalidInput"}
