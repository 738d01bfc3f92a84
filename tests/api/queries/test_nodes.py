"""A key is told what it opens, and whatever has an id is fetched by it."""

from __future__ import annotations

import pytest

from domain.actors import Role, Workspace
from tests.api.calls import Json, done
from tests.api.scenes import with_activity, with_levels, with_rules
from tests.client import Client
from tests.conftest import MakeClient


class TestTheViewer:
    @pytest.mark.parametrize("role", Role)
    async def test_a_key_is_told_what_it_opens(
        self, make_client: MakeClient, workspace: Workspace, role: Role
    ) -> None:
        client = await make_client(role, "The key")

        found = await client("{ viewer { actor { kind name } role workspace { id name } } }")

        assert found == {
            "actor": {"kind": "API_KEY", "name": "The key"},
            "role": role.value,
            "workspace": {"id": f"ws_{workspace.id}", "name": workspace.name},
        }


class TestANode:
    async def test_whatever_has_an_id_is_fetched_by_it(self, client: Client) -> None:
        await with_levels(client)
        rules = await with_rules(client, CLICK=30)
        recorded = await with_activity(client, "a", "CLICK")
        found = await client(
            "{ viewer { workspace { id name } } levelSet(dimension: ENGAGEMENT) { id version } ruleSet { id version } jobs { id } }"
        )
        expected: list[tuple[str, str, str, Json]] = [
            ("Workspace", found["viewer"]["workspace"]["id"], "name", found["viewer"]["workspace"]),
            ("Lead", recorded["lead"]["id"], "version", recorded["lead"]),
            ("Activity", recorded["activity"]["id"], "kind", {"kind": "CLICK"}),
            ("ScoreChange", recorded["changes"][0]["id"], "delta", {"delta": 30}),
            ("LevelSet", found["levelSet"]["id"], "version isCurrent", {"version": 1, "isCurrent": True}),
            ("RuleSet", found["ruleSet"]["id"], "version state", {**found["ruleSet"], "state": "PUBLISHED"}),
            ("Rule", rules["CLICK"], "name points", {"name": "A click", "points": 30}),
            ("Job", found["jobs"][0]["id"], "kind", {"kind": "RECLASSIFY"}),
        ]
        for kind, node_id, fields, values in expected:
            node = await client(
                f"query($id: ID!) {{ node(id: $id) {{ __typename id ... on {kind} {{ {fields} }} }} }}",
                id=node_id,
            )

            assert node == {"__typename": kind, **values, "id": node_id}

    async def test_an_old_level_set_and_a_retired_rule_set_are_still_there(self, client: Client) -> None:
        for _ in range(2):
            await with_levels(client)
            await with_rules(client, CLICK=30)
        found = await client(
            """{ old: levelSet(dimension: ENGAGEMENT, version: 1) { id } none: levelSet(dimension: PROFILE) { id }
              retired: ruleSet(state: RETIRED) { id } }"""
        )
        query = """query($id: ID!) { node(id: $id) {
          ... on LevelSet { version isCurrent } ... on RuleSet { state rules { name } } } }"""

        assert [await client(query, id=found[each]["id"]) for each in ("old", "none", "retired")] == [
            {"version": 1, "isCurrent": False},
            {"version": 0, "isCurrent": True},
            {"state": "RETIRED", "rules": [{"name": "A click"}]},
        ]

    async def test_a_removed_rule_is_shown_as_it_last_was(self, client: Client) -> None:
        rules = await with_rules(client, CLICK=30)
        await done(client, "removeRule", "ruleSet { rules { id } }", id=rules["CLICK"])
        await done(client, "publishRules", "ruleSet { version }")

        node = await client(
            "query($id: ID!) { node(id: $id) { ... on Rule { name points } } }", id=rules["CLICK"]
        )

        assert node == {"name": "A click", "points": 30}

    async def test_a_deleted_lead_is_gone_with_all_it_did(self, client: Client) -> None:
        await with_rules(client, CLICK=30)
        recorded = await with_activity(client, "a", "CLICK")
        await done(client, "deleteLead", "deletedId", lead={"externalId": "a"})

        for node_id in (recorded["lead"]["id"], recorded["activity"]["id"], recorded["changes"][0]["id"]):
            assert await client("query($id: ID!) { node(id: $id) { id } }", id=node_id) is None
