"""A preview tells what an edit would do, to the lead, and does nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.actors import Role
from tests.api.calls import Json
from tests.api.conftest import Contents
from tests.api.levels.asking import counts, distribution, edit, name_of, preview, told
from tests.api.scenes import LEVELS, all_told, with_crowd, with_levels
from tests.client import Client
from tests.conftest import MakeClient

GAPPY = [LEVELS[0], {**LEVELS[1], "color": "#abcdef", "motion": "Write"}, LEVELS[3]]
CROWD = {f"lead {number:02}": number * 2 for number in range(60)}
TABLES: dict[str, list[Json]] = {
    "the gap closed": [LEVELS[0], {**LEVELS[1], "max": 74}, LEVELS[3]],
    "bounds moved": [{**LEVELS[0], "max": 30}, {**LEVELS[1], "min": 31}, {**LEVELS[3], "min": 60}],
    "a level renamed": [LEVELS[0], {**LEVELS[1], "name": "Tepid"}, LEVELS[3]],
    "names changed over": [{**LEVELS[0], "name": "Warm"}, {**LEVELS[1], "name": "Cold"}, LEVELS[3]],
    "all new": [{"name": "Low", "max": 50}, {"name": "High", "min": 51, "color": "#00ff00"}],
    "one for all": [{"name": "Everyone"}],
    "fifty levels": [{"name": f"L{n}", "min": n * 2, "max": n * 2 + 1} for n in range(50)],
    "none": [],
}


@pytest.fixture
async def crowded(client: Client) -> Client:
    """Sixty leads at 0, 2, 4, … 118; those from 50 to 74 have no level."""
    await with_levels(client, GAPPY)
    await with_crowd(client, CROWD)
    return client


class TestPreview:
    @pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
    async def test_it_is_what_the_edit_then_does(self, crowded: Client, table: list[Json]) -> None:
        now = await distribution(crowded)
        foretold = await preview(crowded, table)

        edited = await edit(crowded, "replaceLevels", levels=table)
        then = await distribution(crowded)
        await all_told(crowded)
        entries = await told(crowded)

        assert foretold["problems"] == []
        assert foretold["gaps"] == edited["levelSet"]["gaps"]
        assert foretold["before"] == now["shares"]
        assert foretold["after"] == then["shares"]
        happened = Counter(str((each["levelBefore"], each["levelAfter"])) for each in entries)
        assert {str((move["from"], move["to"])): move["leads"] for move in foretold["moves"]} == happened
        moved = {each["lead"]["externalId"]: (each["levelBefore"], each["levelAfter"]) for each in entries}
        for move in foretold["moves"]:
            sample = [lead["externalId"] for lead in move["sample"]]
            assert len(set(sample)) == len(sample) == min(5, move["leads"])
            assert all(moved[lead] == (move["from"], move["to"]) for lead in sample)

    async def test_a_sample_is_of_leads_as_they_are_now(self, crowded: Client) -> None:
        foretold = await preview(crowded, [{"name": "Everyone"}])

        for move in foretold["moves"]:
            shown = {name_of(lead["engagement"]["level"]) for lead in move["sample"]}
            assert shown == {name_of(move["from"])}

    async def test_moves_are_told_the_greatest_first_to_and_from_no_level_too(self, crowded: Client) -> None:
        foretold = await preview(crowded, [{**LEVELS[0], "max": 4}, {"name": "Middle", "min": 48}])

        assert [
            (name_of(each["from"]), name_of(each["to"]), each["leads"]) for each in foretold["moves"]
        ] == [
            ("Very Hot", "Middle", 22),
            (None, "Middle", 13),
            ("Warm", None, 11),
            ("Cold", None, 10),
            ("Warm", "Middle", 1),
        ]
        assert foretold["gaps"] == [{"min": None, "max": -1}, {"min": 5, "max": 47}]
        assert counts(foretold["after"]) == {"Cold": 3, "Middle": 36, None: 21}

    async def test_the_present_table_moves_nobody(self, crowded: Client) -> None:
        recolored = [{**level, "color": "#123456", "motion": "Sing"} for level in GAPPY]
        respelt = [{**level, "name": f" {level['name'].upper()} "} for level in GAPPY]

        for table in (GAPPY, recolored, respelt):
            foretold = await preview(crowded, table)

            assert foretold["moves"] == []
            assert foretold["problems"] == []
            assert list(counts(foretold["after"]).values()) == list(counts(foretold["before"]).values())

    async def test_nothing_is_written(self, crowded: Client, contents: Contents) -> None:
        before = await contents()

        for table in TABLES.values():
            await preview(crowded, table)
            await preview(crowded, table, "PROFILE")

        assert await contents() == before

    async def test_a_viewer_may_look_ahead(self, make_client: MakeClient, crowded: Client) -> None:
        viewer = await make_client(Role.VIEWER)

        assert await preview(viewer, LEVELS) == await preview(crowded, LEVELS)

    async def test_the_dimensions_are_looked_at_apart(self, crowded: Client) -> None:
        await with_crowd(crowded, {"lead 00": 50}, "PROFILE")

        foretold = await preview(crowded, LEVELS, "PROFILE")

        assert counts(foretold["before"]) == {None: 60}
        assert counts(foretold["after"]) == {"Cold": 59, "Warm": 0, "Hot": 1, "Very Hot": 0, None: 0}


INVALID: dict[str, tuple[list[Json], list[tuple[str, str]]]] = {
    "an empty name": ([{"name": " "}], [("levels.0.name", "must not be empty")]),
    "a name too long": (
        [LEVELS[0], {"name": "x" * 201, "min": 25}],
        [("levels.1.name", "must have at most 200 characters; it has 201")],
    ),
    "min over max": (
        [{"name": "A", "min": 5, "max": 4}],
        [("levels.0.max", "must not be under min: 4 is less than 5")],
    ),
    "a name twice": (
        [{"name": "Hot", "max": 4}, {"name": "hOT ", "min": 5}],
        [("levels.1.name", "must differ from every other name by more than case; 'hOT ' is there twice")],
    ),
    "no colour": (
        [{"name": "A", "color": "red"}],
        [("levels.0.color", "must be a colour as \"#rrggbb\"; it is 'red'")],
    ),
    "bounds out of bounds": (
        [{"name": "A", "min": -2_000_000_001}],
        [("levels.0.min", "must lie between -2,000,000,000 and 2,000,000,000; it is -2000000001")],
    ),
    "too many": (
        [{"name": str(n), "min": n, "max": n} for n in range(51)],
        [("levels", "may have at most 50 items; it has 51")],
    ),
    "an overlap": (
        [{"name": "Hot", "min": 10}, {"name": "Cold", "max": 20}],
        [("levels", "Cold and Hot both claim the scores from 10 to 20; move a bound of one of them")],
    ),
    "an overlap without end": (
        [{"name": "A", "min": 10}, {"name": "B", "min": 20}],
        [("levels", "A and B both claim the scores from 20 up; move a bound of one of them")],
    ),
    "several at once": (
        [{"name": "", "min": 1, "max": 0}, {"name": "B", "motion": " "}],
        [
            ("levels.0.name", "must not be empty"),
            ("levels.0.max", "must not be under min: 0 is less than 1"),
            ("levels.1.motion", "must not be empty"),
        ],
    ),
}


class TestAnInvalidTable:
    @pytest.mark.parametrize(("table", "expected"), INVALID.values(), ids=INVALID)
    async def test_it_is_answered_by_its_problems(
        self, client: Client, table: list[Json], expected: list[tuple[str, str]]
    ) -> None:
        await with_levels(client)
        await with_crowd(client, {"a": 10, "b": 90})

        foretold = await preview(client, table)

        assert [(".".join(each["path"]), each["message"]) for each in foretold["problems"]] == expected
        assert counts(foretold["before"]) == {"Cold": 1, "Warm": 0, "Hot": 0, "Very Hot": 1, None: 0}
        assert (foretold["after"], foretold["moves"], foretold["gaps"]) == ([], [], [])
