"""How leads are spread over levels, and the warnings that say what is odd and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actors import Workspace
from persistence.mongo import Mongo
from tests.api.calls import Json, done
from tests.api.levels.asking import counts, distribution, edit, preview
from tests.api.queries.asking import names
from tests.api.scenes import LEVELS, with_crowd, with_levels
from tests.client import Client

FOUR = {"a": 10, "b": 30, "c": 60, "d": 5}


async def warnings(client: Client) -> Any:
    return (await distribution(client))["warnings"]


class TestShares:
    async def test_each_level_has_its_leads_and_its_share_of_all(self, client: Client) -> None:
        await with_levels(client)
        await with_crowd(client, FOUR)

        found = await distribution(client)

        assert (found["dimension"], found["total"]) == ("ENGAGEMENT", 4)
        rows = [
            (row["level"] and row["level"]["name"], row["leads"], row["share"]) for row in found["shares"]
        ]
        assert rows == [
            ("Cold", 2, 0.5),
            ("Warm", 1, 0.25),
            ("Hot", 1, 0.25),
            ("Very Hot", 0, 0),
            (None, 0, 0),
        ]

    async def test_where_every_score_has_a_level_none_are_unclassified(self, client: Client) -> None:
        await with_levels(client, [{"name": "Low", "max": 20}, {"name": "High", "min": 21}])
        await with_crowd(client, FOUR)

        assert counts((await distribution(client))["shares"]) == {"Low": 2, "High": 2}

    async def test_bounds_belong_to_their_level(self, client: Client) -> None:
        await with_levels(client)
        await with_crowd(client, {str(score): score for score in (24, 25, 49, 50, 74, 75)})

        found = await distribution(client)

        assert [row["leads"] for row in found["shares"]] == [1, 2, 2, 1, 0]

    async def test_the_dimensions_are_counted_apart(self, client: Client) -> None:
        await with_levels(client, dimension="PROFILE")
        await with_crowd(client, FOUR)
        await with_crowd(client, {"a": 80}, "PROFILE")

        profile, engagement = await distribution(client, "PROFILE"), await distribution(client)

        assert [row["leads"] for row in profile["shares"]] == [3, 0, 0, 1, 0]
        assert counts(engagement["shares"]) == {None: 4}
        assert profile["dimension"] == "PROFILE"


class TestWarnings:
    async def test_there_are_none_where_nothing_is_odd(self, client: Client) -> None:
        await with_levels(client, [{"name": "Low", "max": 20}, {"name": "High", "min": 21}])
        await with_crowd(client, {"a": 1, "b": 2, "c": 3, "d": 4, "e": 30})

        assert await warnings(client) == []

    async def test_leads_below_every_level(self, client: Client, mongo: Mongo, workspace: Workspace) -> None:
        """Rules without a floor cannot be made here yet, so the draft is given none behind the API's back."""
        await done(client, "saveRule", "rule { id }", rule={"name": "R", "activity": "R", "points": 1})
        await mongo.rule_sets.update_one({"workspace": workspace.id}, {"$set": {"floor": None}})
        await done(client, "publishRules", "ruleSet { version }")
        await with_levels(client, [{"name": "Cold", "min": 0, "max": 24}, {"name": "Warm", "min": 25}])
        below = {f"below {number}": -1 - number % 5 for number in range(12)}
        await with_crowd(client, {**below, **{f"cold {number}": 5 for number in range(9)}, "warm": 25})

        assert await warnings(client) == [
            "12 leads at \N{MINUS SIGN}5…\N{MINUS SIGN}1 have no level; extend Cold or add a level below it"
        ]

    @pytest.mark.parametrize(
        ("gone", "words"),
        [
            ("Cold", "2 leads at 5…10 have no level; extend Warm or add a level below it"),
            ("Warm", "1 lead at 30 has no level; extend Cold or Hot, or add a level between them"),
        ],
    )
    async def test_leads_in_a_gap(self, client: Client, gone: str, words: str) -> None:
        await with_levels(client, [LEVELS[0], LEVELS[1], {"name": "Hot", "min": 50}])
        await with_crowd(client, FOUR)
        await edit(client, "removeLevel", name=gone)

        assert words in await warnings(client)

    async def test_leads_above_every_level(self, client: Client) -> None:
        await with_levels(client, LEVELS[:2])
        await with_crowd(client, {"a": 10, "b": 1, "c": 11, "d": 12, "e": 30, "f": 1_000, "g": 60})

        assert await warnings(client) == [
            "2 leads at 60…1000 have no level; extend Warm or add a level above it"
        ]

    async def test_levels_without_leads(self, client: Client) -> None:
        await with_levels(client)
        await with_crowd(client, {"a": 10, "b": 30})

        assert await warnings(client) == [
            "Hot has no leads; move its bounds, or remove it",
            "Very Hot has no leads; move its bounds, or remove it",
        ]

    @pytest.mark.parametrize(("top", "expected"), [(1, []), (2, ["33%"]), (4, ["50%"])])
    async def test_more_than_a_fifth_at_the_top(self, client: Client, top: int, expected: list[str]) -> None:
        await with_levels(client, [{"name": "Low", "max": 20}, {"name": "High", "min": 21}])
        await with_crowd(client, {f"lead {n}": 1 for n in range(4)} | {f"top {n}": 30 for n in range(top)})

        assert await warnings(client) == [
            f"High has {share} of all leads, too many to call first; raise its lower bound, or let suggestLevels "
            "propose one"
            for share in expected
        ]

    async def test_no_levels_at_all(self, client: Client) -> None:
        await with_crowd(client, FOUR)

        assert await warnings(client) == [
            "there are no levels; begin with quickStart, or name your own with replaceLevels"
        ]

    async def test_levels_that_nobody_can_be_in_yet_are_not_odd(self, client: Client) -> None:
        await with_levels(client)

        assert await warnings(client) == []


class TestANewWorkspace:
    async def test_everything_about_levels_is_answered(self, client: Client) -> None:
        found = await client(
            """{ levelSet(dimension: ENGAGEMENT) { version levels { name } gaps { min max } }
              levelMatrix { total cells { leads } } jobs { id }
              suggestLevels(dimension: ENGAGEMENT, names: ["Cold", "Hot"], shares: [0.8, 0.2]) { name min max rank }
              templates { name } }"""
        )
        shares = [{"level": None, "leads": 0, "share": 0.0}]

        assert found.pop("templates")
        assert found == {
            "levelSet": {"version": 0, "levels": [], "gaps": [{"min": None, "max": None}]},
            "levelMatrix": {"total": 0, "cells": []},
            "jobs": [],
            "suggestLevels": [
                {"name": "Cold", "min": None, "max": 24, "rank": 1},
                {"name": "Hot", "min": 25, "max": None, "rank": 2},
            ],
        }
        for dimension in ("ENGAGEMENT", "PROFILE"):
            spread = await distribution(client, dimension)
            assert (spread["total"], spread["shares"]) == (0, shares)
            foretold = await preview(client, LEVELS, dimension)
            assert foretold["before"] == shares
            assert counts(foretold["after"]) == {"Cold": 0, "Warm": 0, "Hot": 0, "Very Hot": 0, None: 0}
            assert (foretold["moves"], foretold["problems"]) == ([], [])
            moved: Json = {"dimension": dimension, "since": "2026-01-01T00:00:00Z"}
            assert await names(client, filter={"moved": moved}) == []
