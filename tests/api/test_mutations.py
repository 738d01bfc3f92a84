"""What each mutation does, and that every read after it tells so."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.scenes import LEVELS, with_activity, with_levels, with_rules, with_score
from tests.client import Client

FIELDS = "externalId email name company attributes tags version"


async def lead(client: Client, wanted: str, external_id: str = "a") -> Any:
    """What is wanted of a lead."""
    query = f"query($id: String!) {{ lead(by: {{externalId: $id}}) {{ {wanted} }} }}"
    return await client(query, id=external_id)


async def level_of(client: Client, external_id: str = "a") -> str | None:
    level = (await lead(client, "engagement { level { name } }", external_id))["engagement"]["level"]
    return level and str(level["name"])


class TestUpsertLead:
    @pytest.mark.parametrize(
        ("ref", "names"),
        [
            ({"externalId": "a"}, {"externalId": "a", "email": None}),
            ({"email": " A@Example.com"}, {"externalId": None, "email": "a@example.com"}),
        ],
        ids=str,
    )
    async def test_an_unknown_lead_is_made_with_the_name_it_was_called_by(
        self, client: Client, ref: Json, names: Json
    ) -> None:
        made = await done(client, "upsertLead", f"created lead {{ {FIELDS} }}", lead=ref)
        again = await done(client, "upsertLead", f"created lead {{ {FIELDS} }}", lead=ref)

        empty: Json = {"name": None, "company": None, "attributes": {}, "tags": [], "version": 1}
        assert made == {"created": True, "lead": {**names, **empty}}
        assert again == {**made, "created": False}

    async def test_what_is_left_out_stays_and_null_clears(self, client: Client) -> None:
        names = {"email": "a@example.com", "name": "Ann", "company": "Example"}
        await done(
            client,
            "upsertLead",
            "created",
            lead={"externalId": "a"},
            attributes={"size": 5, "city": "Oslo", "plan": {"name": "free"}},
            addTags=["one", "two"],
            **names,
        )

        same = await done(client, "upsertLead", f"created lead {{ {FIELDS} }}", lead={"externalId": "a"})
        cleared = await done(
            client,
            "upsertLead",
            f"created lead {{ {FIELDS} }}",
            lead={"externalId": "a"},
            email=None,
            name=None,
            attributes={"size": None, "plan": {"seats": 3}},
            removeTags=["one", "unknown"],
            addTags=["three"],
        )

        assert same == {
            "created": False,
            "lead": {
                "externalId": "a",
                **names,
                "attributes": {"size": 5, "city": "Oslo", "plan": {"name": "free"}},
                "tags": ["one", "two"],
                "version": 1,
            },
        }
        assert cleared == {
            "created": False,
            "lead": {
                "externalId": "a",
                "email": None,
                "name": None,
                "company": "Example",
                "attributes": {"city": "Oslo", "plan": {"seats": 3}},
                "tags": ["two", "three"],
                "version": 2,
            },
        }
        assert await lead(client, FIELDS) == cleared["lead"]

    async def test_null_lists_and_attributes_change_nothing(self, client: Client) -> None:
        await done(
            client, "upsertLead", "created", lead={"externalId": "a"}, attributes={"a": 1}, addTags=["b"]
        )

        again = await done(
            client,
            "upsertLead",
            "lead { attributes tags version }",
            lead={"externalId": "a"},
            attributes=None,
            addTags=None,
            removeTags=None,
        )

        assert again == {"lead": {"attributes": {"a": 1}, "tags": ["b"], "version": 1}}

    async def test_a_lead_is_renamed_and_its_old_names_are_free(self, client: Client) -> None:
        made = await done(
            client, "upsertLead", "lead { id }", lead={"externalId": "a"}, email="a@example.com"
        )
        await done(
            client, "upsertLead", "lead { id }", lead=made["lead"], externalId="b", email="B@example.com"
        )

        renamed = await lead(client, "id email", "b")
        assert renamed == {**made["lead"], "email": "b@example.com"}
        assert await lead(client, "id", "a") is None
        other = await done(client, "upsertLead", "created", lead={"externalId": "a"}, email="a@example.com")
        assert other == {"created": True}

    async def test_a_cleared_name_is_free_and_the_lead_stays_known_by_its_id(self, client: Client) -> None:
        made = await done(client, "upsertLead", "lead { id }", lead={"externalId": "a"})

        await done(client, "upsertLead", "lead { id }", lead=made["lead"], externalId=None)

        assert await lead(client, "id", "a") is None
        found = await client("query($by: LeadRef!) { lead(by: $by) { externalId } }", by=made["lead"])
        assert found == {"externalId": None}

    async def test_several_leads_refer_to_each_other_in_order(self, client: Client) -> None:
        bulk = await done(
            client,
            "upsertLeads",
            "results { ... on UpsertLeadPayload { created lead { externalId name } } }",
            leads=[
                {"lead": {"externalId": "a"}, "name": "first"},
                {"lead": {"externalId": "a"}, "name": "second"},
                {"lead": {"externalId": "a"}, "externalId": "b"},
                {"lead": {"externalId": "b"}, "name": "third"},
                {"lead": {"externalId": "a"}},
            ],
        )

        assert [(each["created"], *each["lead"].values()) for each in bulk["results"]] == [
            (True, "a", "first"),
            (False, "a", "second"),
            (False, "b", "second"),
            (False, "b", "third"),
            (True, "a", None),
        ]


class TestDeleteLead:
    @pytest.mark.parametrize("by", ["id", "externalId", "email"])
    async def test_a_lead_goes_with_all_it_did_and_the_others_stay(
        self, client: Client, contents: Contents, by: str
    ) -> None:
        await with_rules(client, CLICK=5)
        await with_activity(client, "other", "CLICK")
        before = await contents()
        recorded = await with_activity(client, "a", "CLICK")
        await done(client, "upsertLead", "created", lead={"externalId": "a"}, email="a@example.com")
        names = {"id": recorded["lead"]["id"], "externalId": "a", "email": "a@example.com"}

        deleted = await done(client, "deleteLead", "deletedId", lead={by: names[by]})

        assert deleted == {"deletedId": names["id"]}
        assert await contents() == before
        assert (await refused(client, "deleteLead", lead={by: names[by]}))["__typename"] == "LeadNotFound"

    async def test_a_lead_of_the_same_name_begins_anew(self, client: Client) -> None:
        old = await with_score(client, "a", 5)
        await done(client, "deleteLead", "deletedId", lead={"externalId": "a"})

        new = await with_score(client, "a", 1)

        assert new != old
        assert await lead(client, "version engagement { score }") == {
            "version": 1,
            "engagement": {"score": 1},
        }


class TestRecordActivity:
    WANTED = """duplicate lead { id version lastActivityAt engagement { score } }
      activity { id key kind properties occurredAt receivedAt }
      changes { id delta cause activity { id } parts { points rule { id } } }"""

    async def test_it_is_kept_scored_and_told_whole(self, client: Client) -> None:
        rules = await with_rules(client, CLICK=30)

        recorded = await done(
            client,
            "recordActivity",
            self.WANTED,
            lead={"externalId": "a"},
            activity={
                "kind": "CLICK",
                "key": "mail-7",
                "properties": {"url": "https://example.com", "tries": [1, 2]},
                "occurredAt": "2026-03-01T10:30:00.123456+01:00",
            },
        )

        activity, (change,) = recorded["activity"], recorded["changes"]
        assert recorded["duplicate"] is False
        assert recorded["lead"]["version"] == 1
        assert recorded["lead"]["engagement"] == {"score": 30}
        assert recorded["lead"]["lastActivityAt"] == "2026-03-01T09:30:00.123000+00:00"
        assert activity["occurredAt"] == "2026-03-01T09:30:00.123000+00:00"
        assert activity["properties"] == {"url": "https://example.com", "tries": [1, 2]}
        assert (activity["kind"], activity["key"]) == ("CLICK", "mail-7")
        assert (change["delta"], change["cause"], change["activity"]) == (
            30,
            "ACTIVITY",
            {"id": activity["id"]},
        )
        assert change["parts"] == [{"points": 30, "rule": {"id": rules["CLICK"]}}]

    async def test_without_a_rule_for_its_kind_it_is_kept_and_moves_nothing(self, client: Client) -> None:
        await with_rules(client, CLICK=30)

        recorded = await done(
            client, "recordActivity", self.WANTED, lead={"email": "a@example.com"}, activity={"kind": "OPEN"}
        )

        assert recorded["changes"] == []
        assert recorded["lead"]["engagement"] == {"score": 0}
        assert recorded["lead"]["version"] == 1
        assert recorded["activity"]["occurredAt"] == recorded["activity"]["receivedAt"]
        assert recorded["activity"]["properties"] == {}

    async def test_an_older_activity_does_not_turn_back_the_last(self, client: Client) -> None:
        for moment in ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"):
            await with_activity(client, "a", "CLICK", occurredAt=moment)

        assert await lead(client, "lastActivityAt") == {"lastActivityAt": "2026-03-02T00:00:00+00:00"}

    async def test_a_repeat_of_its_key_answers_as_the_first_and_writes_nothing(
        self, client: Client, contents: Contents
    ) -> None:
        await with_rules(client, CLICK=30)
        given: Json = {"lead": {"externalId": "a"}, "activity": {"kind": "CLICK", "key": "mail-7"}}
        first = await done(client, "recordActivity", self.WANTED, **given)
        before = await contents()

        again = await done(client, "recordActivity", self.WANTED, **given)

        assert again == {**first, "duplicate": True}
        assert await contents() == before

    async def test_a_key_sent_many_times_at_once_counts_once(self, client: Client) -> None:
        await with_rules(client, CLICK=30)
        given: Json = {"lead": {"externalId": "a"}, "activity": {"kind": "CLICK", "key": "mail-7"}}

        answers = await asyncio.gather(
            *(done(client, "recordActivity", "duplicate activity { id }", **given) for _ in range(10))
        )

        assert sorted(answer["duplicate"] for answer in answers) == [False] + [True] * 9
        assert len({answer["activity"]["id"] for answer in answers}) == 1
        assert (await lead(client, "engagement { score }"))["engagement"] == {"score": 30}

    async def test_many_at_once_lose_no_point(self, client: Client) -> None:
        await with_rules(client, CLICK=3)

        await asyncio.gather(*(with_activity(client, f"lead {number % 3}", "CLICK") for number in range(30)))

        for number in range(3):
            found = await lead(client, "version engagement { score }", f"lead {number}")
            assert found == {"version": 10, "engagement": {"score": 30}}

    async def test_several_are_recorded_in_order(self, client: Client) -> None:
        await with_rules(client, CLICK=30, SPAM=-100)
        kinds = ["SPAM", "CLICK", "CLICK", "OPEN", "SPAM", "CLICK"]

        bulk = await done(
            client,
            "recordActivities",
            "results { ... on RecordActivityPayload { lead { version } changes { scoreAfter } } }",
            records=[{"lead": {"externalId": "a"}, "activity": {"kind": kind}} for kind in kinds],
        )

        assert [each["lead"]["version"] for each in bulk["results"]] == [1, 2, 3, 4, 5, 6]
        assert [[change["scoreAfter"] for change in each["changes"]] for each in bulk["results"]] == [
            [0], [30], [60], [], [0], [30],
        ]  # fmt: skip


class TestAdjustScore:
    WANTED = """duplicate lead { version engagement { score } profile { score } }
      change { id delta dimension scoreBefore scoreAfter reason cause parts { points suppressed } }"""

    async def test_points_are_given_with_a_reason(self, client: Client) -> None:
        given = await done(
            client,
            "adjustScore",
            self.WANTED,
            lead={"email": "A@example.com"},
            dimension="PROFILE",
            delta=12,
            reason="Met at the fair",
        )

        assert given["lead"] == {"version": 1, "engagement": {"score": 0}, "profile": {"score": 12}}
        del given["change"]["id"]
        assert given["change"] == {
            "delta": 12,
            "dimension": "PROFILE",
            "scoreBefore": 0,
            "scoreAfter": 12,
            "reason": "Met at the fair",
            "cause": "ADJUSTMENT",
            "parts": [{"points": 12, "suppressed": None}],
        }

    async def test_no_more_is_taken_than_there_is(self, client: Client) -> None:
        await with_score(client, "a", 5)

        taken = await done(client, "adjustScore", self.WANTED, lead={"externalId": "a"}, delta=-8)

        assert taken["lead"]["engagement"] == {"score": 0}
        assert taken["change"]["delta"] == -5
        assert taken["change"]["parts"] == [{"points": -5, "suppressed": "FLOOR"}]

    async def test_a_repeat_of_its_key_answers_as_the_first_and_writes_nothing(
        self, client: Client, contents: Contents
    ) -> None:
        given: Json = {"lead": {"externalId": "a"}, "delta": 5, "key": "fair"}
        first = await done(client, "adjustScore", self.WANTED, **given)
        before = await contents()

        again = await done(client, "adjustScore", self.WANTED, **given)

        assert again == {**first, "duplicate": True}
        assert await contents() == before

    async def test_several_are_made_in_order_over_both_dimensions(self, client: Client) -> None:
        items = [("a", 5, "ENGAGEMENT"), ("b", 7, "PROFILE"), ("a", 3, "PROFILE"), ("a", -9, "ENGAGEMENT")]

        bulk = await done(
            client,
            "adjustScores",
            "results { ... on AdjustScorePayload { change { dimension scoreAfter lead { externalId } } } }",
            adjustments=[
                {"lead": {"externalId": lead}, "delta": delta, "dimension": dimension}
                for lead, delta, dimension in items
            ],
        )

        assert [tuple(each["change"].values()) for each in bulk["results"]] == [
            ("ENGAGEMENT", 5, {"externalId": "a"}),
            ("PROFILE", 7, {"externalId": "b"}),
            ("PROFILE", 3, {"externalId": "a"}),
            ("ENGAGEMENT", 0, {"externalId": "a"}),
        ]

    @pytest.mark.parametrize("sign", [1, -1])
    async def test_the_same_key_may_serve_an_activity_and_an_adjustment(
        self, client: Client, sign: int
    ) -> None:
        steps = [
            with_activity(client, "a", "CLICK", key="k"),
            done(client, "adjustScore", "duplicate", lead={"externalId": "a"}, delta=5, key="k"),
        ][::sign]

        assert [(await step)["duplicate"] for step in steps] == [False, False]


class TestLevels:
    TABLE = "levelSet { version isCurrent comment revertedFrom levels { name min max color motion rank } gaps { min max } }"

    async def test_every_read_is_right_the_moment_the_levels_changed(self, client: Client) -> None:
        await with_levels(client)
        await with_score(client, "a", 30)
        since = await lead(client, "version engagement { level { name } since }")
        assert since["engagement"]["level"] == {"name": "Warm"}

        await with_levels(
            client, [{"name": "Low", "max": 29}, {"name": "High", "min": 30, "color": "#00ff00"}]
        )

        assert await lead(client, "version engagement { score level { name min max color rank } }") == {
            "version": since["version"],
            "engagement": {
                "score": 30,
                "level": {"name": "High", "min": 30, "max": None, "color": "#00ff00", "rank": 2},
            },
        }
        assert (await lead(client, "engagement { since }"))["engagement"]["since"] > since["engagement"][
            "since"
        ]
        found = await client('{ leads(filter: {engagementLevels: ["High"]}) { totalCount } }')
        assert found == {"totalCount": 1}

    async def test_each_edit_is_true_for_the_next_write_and_the_next_read(self, client: Client) -> None:
        await with_levels(client)
        await with_score(client, "a", 30)
        engagement = {"dimension": "ENGAGEMENT"}
        edits: list[tuple[str, Json, str | None]] = [
            ("updateLevel", {"name": "warm", "level": {"name": "Tepid", "min": 25, "max": 49}}, "Tepid"),
            ("removeLevel", {"name": "TEPID "}, None),
            ("addLevel", {"level": {"name": "Lukewarm", "min": 30, "max": 40}}, "Lukewarm"),
            ("updateLevel", {"name": "Lukewarm", "level": {"name": "Lukewarm", "min": 31, "max": 40}}, None),
            ("revertLevels", {"version": 1}, "Warm"),
        ]
        for version, (mutation, given, expected) in enumerate(edits, 2):
            edited = await done(client, mutation, "levelSet { version isCurrent }", **engagement, **given)

            assert edited == {"levelSet": {"version": version, "isCurrent": True}}
            assert await level_of(client) == expected
            written = await done(
                client,
                "adjustScore",
                "lead { engagement { level { name } } } change { levelAfter { name } }",
                lead={"externalId": f"new in {version}"},
                delta=30,
            )
            level = expected and {"name": expected}
            assert written == {"lead": {"engagement": {"level": level}}, "change": {"levelAfter": level}}

    async def test_an_added_level_takes_its_place_and_a_colour(self, client: Client) -> None:
        await with_levels(client, [LEVELS[0], LEVELS[3]])

        added = await done(
            client,
            "addLevel",
            self.TABLE,
            dimension="ENGAGEMENT",
            level={"name": "Warm", "min": 25, "max": 49, "motion": "Write"},
            comment="More of them",
        )

        levels = added["levelSet"].pop("levels")
        assert added["levelSet"] == {
            "version": 2,
            "isCurrent": True,
            "comment": "More of them",
            "revertedFrom": None,
            "gaps": [{"min": None, "max": -1}, {"min": 50, "max": 74}],
        }
        assert [(each["name"], each["rank"]) for each in levels] == [
            ("Cold", 1),
            ("Warm", 2),
            ("Very Hot", 3),
        ]
        # The new one takes the colour of its rank; the others keep those they had.
        assert [each["color"] for each in levels] == ["#3b82f6", "#f59e0b", "#f59e0b"]
        assert levels[1]["motion"] == "Write"

    async def test_an_updated_level_keeps_its_colour_unless_it_brings_its_own(self, client: Client) -> None:
        await with_levels(client, [{"name": "Cold", "max": 24, "color": "#112233", "motion": "Wait"}])
        given = {"dimension": "ENGAGEMENT", "name": "COLD"}

        kept = await done(client, "updateLevel", self.TABLE, **given, level={"name": "cold", "max": 30})
        changed = await done(
            client, "updateLevel", self.TABLE, **given, level={"name": "Cool", "color": "#AABBCC"}
        )

        assert kept["levelSet"]["levels"] == [
            {"name": "cold", "min": None, "max": 30, "color": "#112233", "motion": None, "rank": 1}
        ]
        assert changed["levelSet"]["levels"] == [
            {"name": "Cool", "min": None, "max": None, "color": "#aabbcc", "motion": None, "rank": 1}
        ]

    async def test_a_revert_is_a_new_version_that_repeats_an_old_table(self, client: Client) -> None:
        await with_levels(client)
        await with_levels(client, [{"name": "Other"}])

        reverted = await done(
            client, "revertLevels", self.TABLE, dimension="ENGAGEMENT", version=1, comment="Back again"
        )

        assert reverted["levelSet"]["version"] == 3
        assert reverted["levelSet"]["revertedFrom"] == 1
        assert reverted["levelSet"]["comment"] == "Back again"
        assert [each["name"] for each in reverted["levelSet"]["levels"]] == [
            "Cold",
            "Warm",
            "Hot",
            "Very Hot",
        ]
        empty = await done(client, "revertLevels", self.TABLE, dimension="ENGAGEMENT", version=0)
        assert empty["levelSet"]["levels"] == []

    async def test_the_dimensions_are_edited_apart(self, client: Client) -> None:
        await with_levels(client)
        await with_levels(client, [{"name": "Good"}], "PROFILE")

        found = await client(
            "{ a: levelSet(dimension: ENGAGEMENT) { version } b: levelSet(dimension: PROFILE) { version } }"
        )

        assert found == {"a": {"version": 1}, "b": {"version": 1}}

    @pytest.mark.parametrize(
        ("mutation", "given"),
        [
            ("addLevel", {"level": {"name": "New", "max": -1}}),
            ("updateLevel", {"name": "Cold", "level": {"name": "Cool", "max": 24}}),
            ("removeLevel", {"name": "Cold"}),
            ("replaceLevels", {"levels": []}),
            ("revertLevels", {"version": 0}),
        ],
    )
    async def test_an_edit_of_a_version_that_is_no_longer_current_is_refused(
        self, client: Client, contents: Contents, mutation: str, given: Json
    ) -> None:
        await with_levels(client)
        await with_levels(client)
        before = await contents()

        refusal = await refused(client, mutation, dimension="ENGAGEMENT", expectedVersion=1, **given)

        assert refusal["__typename"] == "VersionConflict"
        assert refusal["currentVersion"] == 2
        assert "you expected version 1, it is 2" in refusal["message"]
        assert await contents() == before
        edited = await done(
            client, mutation, "levelSet { version }", dimension="ENGAGEMENT", expectedVersion=2, **given
        )
        assert edited == {"levelSet": {"version": 3}}

    @pytest.mark.parametrize(
        ("mutation", "given", "first", "second"),
        [
            ("addLevel", {"level": {"name": "New", "min": 24, "max": 24}}, "Cold", "New"),
            ("updateLevel", {"name": "Warm", "level": {"name": "Warm", "min": 25, "max": 50}}, "Warm", "Hot"),
            ("replaceLevels", {"levels": [{"name": "B", "min": 1}, {"name": "A", "max": 1}]}, "A", "B"),
        ],
    )
    async def test_an_edit_that_makes_levels_overlap_names_both(
        self, client: Client, contents: Contents, mutation: str, given: Json, first: str, second: str
    ) -> None:
        await with_levels(client)
        before = await contents()

        refusal = await refused(client, mutation, dimension="ENGAGEMENT", **given)

        assert refusal["__typename"] == "LevelsOverlap"
        assert (refusal["first"]["name"], refusal["second"]["name"]) == (first, second)
        assert first in refusal["message"]
        assert second in refusal["message"]
        assert await contents() == before

    async def test_of_edits_made_at_once_on_one_version_only_one_wins(self, client: Client) -> None:
        await with_levels(client)

        async def edit(number: int) -> Json:
            result: Json = await client(
                """mutation($levels: [LevelInput!]!) {
                  replaceLevels(input: {dimension: ENGAGEMENT, levels: $levels, expectedVersion: 1}) {
                    __typename ... on VersionConflict { currentVersion } } }""",
                levels=[{"name": f"of {number}"}],
            )
            return result

        results = await asyncio.gather(*(edit(number) for number in range(5)))

        assert (
            sorted(result["__typename"] for result in results) == ["LevelsPayload"] + ["VersionConflict"] * 4
        )
        assert {result.get("currentVersion", 2) for result in results} == {2}


class TestRules:
    DRAFT = "ruleSet { version state basedOn rules { id name points isEnabled activity } } rule { id name }"
    CLICK: ClassVar[Json] = {"name": " A click ", "activity": "CLICK", "points": 30}

    async def test_a_draft_is_opened_edited_and_published_and_only_then_scores(self, client: Client) -> None:
        saved = await done(client, "saveRule", self.DRAFT, rule=self.CLICK)
        await with_activity(client, "a", "CLICK")
        assert (await lead(client, "engagement { score }"))["engagement"]["score"] == 0

        published = await done(
            client,
            "publishRules",
            "ruleSet { version state comment publishedBy { name } rules { id } }",
            comment="Go",
        )
        await with_activity(client, "a", "CLICK")

        rule = saved["rule"]
        assert saved["ruleSet"] == {
            "version": 1,
            "state": "DRAFT",
            "basedOn": None,
            "rules": [
                {"id": rule["id"], "name": "A click", "points": 30, "isEnabled": True, "activity": "CLICK"}
            ],
        }
        assert published["ruleSet"] == {
            "version": 1,
            "state": "PUBLISHED",
            "comment": "Go",
            "publishedBy": {"name": "Ada"},
            "rules": [{"id": rule["id"]}],
        }
        assert await client("{ ruleSet(state: DRAFT) { version } }") is None
        assert (await lead(client, "engagement { score }"))["engagement"]["score"] == 30

    async def test_a_changed_rule_keeps_its_id_and_pays_anew_once_published(self, client: Client) -> None:
        rules = await with_rules(client, CLICK=30)
        await with_activity(client, "a", "CLICK")

        changed = await done(
            client,
            "saveRule",
            self.DRAFT,
            id=rules["CLICK"],
            rule={**self.CLICK, "name": "Click!", "points": 5},
        )
        await with_activity(client, "a", "CLICK")
        assert (await lead(client, "engagement { score }"))["engagement"]["score"] == 60
        await done(client, "publishRules", "ruleSet { version }")
        await with_activity(client, "a", "CLICK")

        assert changed["rule"] == {"id": rules["CLICK"], "name": "Click!"}
        assert changed["ruleSet"]["basedOn"] == 1
        found = await lead(client, "engagement { score contributions { source points uses rule { name } } }")
        assert found["engagement"] == {
            "score": 65,
            "contributions": [{"source": "Click!", "points": 65.0, "uses": 3, "rule": {"name": "Click!"}}],
        }

    async def test_a_removed_rule_pays_no_more_and_the_history_still_names_it(self, client: Client) -> None:
        rules = await with_rules(client, CLICK=30, OPEN=5)
        await with_activity(client, "a", "CLICK")

        removed = await done(client, "removeRule", self.DRAFT, id=rules["CLICK"])
        await done(client, "publishRules", "ruleSet { version }")
        await with_activity(client, "a", "CLICK")

        assert removed["rule"] is None
        assert [rule["name"] for rule in removed["ruleSet"]["rules"]] == ["A open"]
        found = await lead(
            client,
            """engagement { score contributions { source points rule { id } } }
            history { edges { node { delta parts { rule { id name points } } } } }""",
        )
        assert found["engagement"] == {
            "score": 30,
            "contributions": [{"source": "A click", "points": 30.0, "rule": None}],
        }
        (edge,) = found["history"]["edges"]
        assert edge["node"] == {
            "delta": 30,
            "parts": [{"rule": {"id": rules["CLICK"], "name": "A click", "points": 30}}],
        }

    async def test_the_history_shows_a_rule_as_it_was_then(self, client: Client) -> None:
        rules = await with_rules(client, CLICK=30)
        await with_activity(client, "a", "CLICK")
        await done(
            client,
            "saveRule",
            "rule { id }",
            id=rules["CLICK"],
            rule={**self.CLICK, "name": "New", "points": 1},
        )
        await done(client, "publishRules", "ruleSet { version }")
        await with_activity(client, "a", "CLICK")

        found = await lead(client, "history { edges { node { parts { rule { name points } } } } }")

        assert [edge["node"]["parts"][0]["rule"] for edge in found["history"]["edges"]] == [
            {"name": "New", "points": 1},
            {"name": "A click", "points": 30},
        ]

    async def test_a_disabled_rule_says_why_it_gave_nothing(self, client: Client) -> None:
        await done(client, "saveRule", "rule { id }", rule={**self.CLICK, "isEnabled": False})
        await done(client, "publishRules", "ruleSet { version }")

        recorded = await done(
            client,
            "recordActivity",
            "changes { delta parts { points suppressed rule { name } } }",
            lead={"externalId": "a"},
            activity={"kind": "CLICK"},
        )

        assert recorded["changes"] == [
            {"delta": 0, "parts": [{"points": 0, "suppressed": "RULE_DISABLED", "rule": {"name": "A click"}}]}
        ]

    async def test_several_rules_for_one_kind_pay_together(self, client: Client) -> None:
        for points in (5, 7, -2):
            await done(client, "saveRule", "rule { id }", rule={**self.CLICK, "points": points})
        await done(client, "publishRules", "ruleSet { version }")

        recorded = await done(
            client,
            "recordActivity",
            "changes { delta parts { points } }",
            lead={"externalId": "a"},
            activity={"kind": "CLICK"},
        )

        assert recorded["changes"] == [{"delta": 10, "parts": [{"points": 5}, {"points": 7}, {"points": -2}]}]

    async def test_nothing_is_published_without_a_draft(self, client: Client, contents: Contents) -> None:
        await with_rules(client, CLICK=30)
        before = await contents()

        refusal = await refused(client, "publishRules")

        assert refusal["__typename"] == "NothingToPublish"
        assert refusal["message"] == "there is no draft to publish; edit one with saveRule"
        assert await contents() == before

    async def test_every_edit_gives_the_draft_a_new_number_and_an_older_one_is_refused(
        self, client: Client, contents: Contents
    ) -> None:
        first = await done(client, "saveRule", self.DRAFT, rule=self.CLICK, expectedVersion=0)
        rule_id = first["rule"]["id"]
        second = await done(client, "saveRule", self.DRAFT, rule=self.CLICK, expectedVersion=1)
        third = await done(client, "removeRule", self.DRAFT, id=second["rule"]["id"], expectedVersion=2)
        assert [each["ruleSet"]["version"] for each in (first, second, third)] == [1, 2, 3]
        before = await contents()

        stale: list[tuple[str, Json]] = [
            ("saveRule", {"rule": self.CLICK}),
            ("saveRule", {"id": rule_id, "rule": self.CLICK}),
            ("removeRule", {"id": rule_id}),
            ("publishRules", {}),
        ]
        for mutation, given in stale:
            refusal = await refused(client, mutation, expectedVersion=2, **given)

            assert refusal["__typename"] == "VersionConflict"
            assert refusal["currentVersion"] == 3
        assert await contents() == before
        published = await done(client, "publishRules", "ruleSet { version state }", expectedVersion=3)
        assert published == {"ruleSet": {"version": 3, "state": "PUBLISHED"}}
