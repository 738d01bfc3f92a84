"""Rules are drafted, published and only then score, and the history shows them as they were."""

from __future__ import annotations

from typing import ClassVar

from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.mutations.reads import lead
from tests.api.scenes import with_activity, with_rules
from tests.client import Client


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
