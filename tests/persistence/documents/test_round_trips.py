"""Every value survives the way into a document and back, and the way through the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from domain.actors import Actor, ActorKind, Workspace
from domain.automations import Automation
from domain.changes import Activity
from domain.deliveries import Delivery
from domain.history import CauseKind, ScoreChange, ScorePart, Suppression
from domain.jobs import Job, JobKind, JobState
from domain.leads import Lead
from domain.levels import Announce, LevelSet
from domain.rules import RuleSet, RuleSetState
from persistence.documents import (
    Document,
    from_activity,
    from_actor,
    from_automation,
    from_delivery,
    from_job,
    from_lead,
    from_level_set,
    from_rule_set,
    from_score_change,
    to_activity,
    to_actor,
    to_automation,
    to_delivery,
    to_job,
    to_lead,
    to_level_set,
    to_rule_set,
    to_score_change,
)
from persistence.mongo import Collection, Mongo, new_id
from tests.persistence.documents.examples import (
    ACTIVITY,
    AUTOMATION,
    BARE_ACTIVITY,
    BARE_AUTOMATION,
    BARE_CHANGE,
    BARE_DELIVERY,
    BARE_JOB,
    BARE_LEAD,
    BARE_LEVEL_SET,
    BARE_RULE_SET,
    CHANGE,
    DELIVERY,
    JOB,
    KOLKATA,
    LATE,
    LEAD,
    LEVEL_SET,
    RULE_SET,
    SPARSE_LEVEL_SET,
)


def name_of(value: object) -> str:
    return type(value).__name__


def within(value: Any) -> Iterator[Any]:
    """*value* and every dataclass in it."""
    if is_dataclass(value):
        yield value
        inner = [getattr(value, field.name) for field in fields(value) if field.init]
    else:
        inner = [*value.values()] if isinstance(value, dict) else [*value] if isinstance(value, tuple) else []
    for each in inner:
        yield from within(each)


def is_at_its_default(value: object, field: Field[Any]) -> bool:
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return bool(getattr(value, field.name) == default)


@pytest.mark.parametrize("value", [LEAD, ACTIVITY, CHANGE, LEVEL_SET, RULE_SET, AUTOMATION], ids=name_of)
def test_an_example_sets_every_field_that_its_types_have(value: object) -> None:
    every = [(each, field) for each in within(value) for field in fields(each) if field.init]

    there = {f"{name_of(each)}.{field.name}" for each, field in every} - {"Inactivity.points"}  # or percent
    assert there == {
        f"{name_of(each)}.{field.name}" for each, field in every if not is_at_its_default(each, field)
    }


@pytest.mark.parametrize("lead", [LEAD, BARE_LEAD])
def test_a_lead_survives_its_document(lead: Lead) -> None:
    assert lead == to_lead(from_lead("w", lead))


@pytest.mark.parametrize("automation", [AUTOMATION, BARE_AUTOMATION])
def test_an_automation_survives_its_document(automation: Automation) -> None:
    assert automation == to_automation(from_automation("w", automation))


def test_a_secret_of_which_was_not_written_down_when_it_was_retired_was_so_by_the_last_edit() -> None:
    document = from_automation("w", AUTOMATION)
    for action in document["actions"]:
        del action["retired_at"]

    assert [each.retired_at for each in to_automation(document).plan.actions] == [AUTOMATION.updated_at]


@pytest.mark.parametrize("delivery", [DELIVERY, BARE_DELIVERY])
def test_a_delivery_survives_its_document(delivery: Delivery) -> None:
    assert delivery == to_delivery(from_delivery("w", delivery))


@pytest.mark.parametrize("field", ["external_id", "email", "name", "company", "last_activity_at"])
def test_a_lead_without_one_field_survives_its_document(field: str) -> None:
    lead = replace(LEAD, **{field: None})  # type: ignore[arg-type]

    assert lead == to_lead(from_lead("w", lead))


@pytest.mark.parametrize("field", ["external_id", "email", "name", "company"])
def test_an_absent_field_of_a_lead_is_absent_from_its_document(field: str) -> None:
    document = from_lead("w", replace(LEAD, **{field: None}))  # type: ignore[arg-type]

    assert field not in document


def test_a_lead_is_searched_by_all_its_names_in_any_case() -> None:
    document = from_lead("w", LEAD)

    assert document["search"].split("\n") == [
        "ada lovelace",
        "ada@example.com",
        "analytical engines",
        "crm-1",
    ]
    assert from_lead("w", BARE_LEAD)["search"] == ""


@pytest.mark.parametrize("activity", [ACTIVITY, BARE_ACTIVITY])
def test_an_activity_survives_its_document(activity: Activity) -> None:
    assert activity == to_activity(from_activity("w", "lead", activity, (CHANGE,)))


def test_an_activity_s_document_names_its_lead_and_what_it_did() -> None:
    document = from_activity("w", "lead", ACTIVITY, (CHANGE, BARE_CHANGE))

    assert (document["lead"], document["changes"]) == ("lead", [CHANGE.id, BARE_CHANGE.id])


@pytest.mark.parametrize("change", [CHANGE, BARE_CHANGE])
def test_a_score_change_survives_its_document(change: ScoreChange) -> None:
    assert change == to_score_change(from_score_change("w", change))


@pytest.mark.parametrize("kind", CauseKind)
def test_every_cause_survives_its_document(kind: CauseKind) -> None:
    change = replace(CHANGE, cause=replace(CHANGE.cause, kind=kind))

    assert change == to_score_change(from_score_change("w", change))


@pytest.mark.parametrize("suppressed", [None, *Suppression])
def test_every_suppression_survives_its_document(suppressed: Suppression | None) -> None:
    change = replace(CHANGE, parts=(ScorePart("click", "Click", 0, suppressed),))

    assert change == to_score_change(from_score_change("w", change))


def test_a_score_change_s_document_tells_its_delta_and_whether_the_tier_changed() -> None:
    moved, stayed = from_score_change("w", CHANGE), from_score_change("w", BARE_CHANGE)

    assert (moved["delta"], moved["tier_changed"]) == (26, True)
    assert (stayed["delta"], stayed["tier_changed"]) == (5, False)


@pytest.mark.parametrize("level_set", [LEVEL_SET, BARE_LEVEL_SET, SPARSE_LEVEL_SET])
def test_a_level_set_survives_its_document(level_set: LevelSet) -> None:
    assert level_set == to_level_set(from_level_set("w", level_set))


@pytest.mark.parametrize("rule_set", [RULE_SET, BARE_RULE_SET])
def test_a_rule_set_survives_its_document(rule_set: RuleSet) -> None:
    assert rule_set == to_rule_set(from_rule_set("w", rule_set))


@pytest.mark.parametrize("job", [JOB, BARE_JOB])
def test_a_job_survives_its_document(job: Job) -> None:
    assert job == to_job(from_job("w", job))


@pytest.mark.parametrize("kind", JobKind)
@pytest.mark.parametrize("state", JobState)
def test_every_kind_and_state_of_a_job_survives_its_document(kind: JobKind, state: JobState) -> None:
    job = replace(JOB, kind=kind, state=state)

    assert job == to_job(from_job("w", job))


def test_an_example_of_a_job_sets_every_field_but_its_kind() -> None:
    assert {each.name for each in fields(JOB) if is_at_its_default(JOB, each)} == {"kind"}


@pytest.mark.parametrize("announce", Announce)
def test_every_announcement_survives_its_documents(announce: Announce) -> None:
    level_set = replace(LEVEL_SET, announce=announce)
    change = replace(CHANGE, cause=replace(CHANGE.cause, announce=announce))

    assert level_set == to_level_set(from_level_set("w", level_set))
    assert change == to_score_change(from_score_change("w", change))


@pytest.mark.parametrize("state", RuleSetState)
def test_every_state_of_a_rule_set_survives_its_document(state: RuleSetState) -> None:
    rule_set = replace(RULE_SET, state=state)

    assert rule_set == to_rule_set(from_rule_set("w", rule_set))


async def kept(collection: Collection, document: Document) -> Document:
    """What the database has of a document."""
    await collection.insert_one(document)
    stored = await collection.find_one({"_id": document["_id"]})
    assert stored is not None
    return stored


@pytest.mark.parametrize("kind", ActorKind)
def test_every_actor_survives_its_document(kind: ActorKind) -> None:
    assert to_actor(from_actor(Actor(kind, "Ada"))) == Actor(kind, "Ada")


@pytest.mark.parametrize("lead", [LEAD, BARE_LEAD])
async def test_a_lead_survives_the_database(mongo: Mongo, workspace: Workspace, lead: Lead) -> None:
    lead = replace(lead, id=new_id())

    stored = await kept(mongo.leads, from_lead(workspace.id, lead))

    assert to_lead(stored) == lead


@pytest.mark.parametrize("change", [CHANGE, BARE_CHANGE])
async def test_a_score_change_survives_the_database(
    mongo: Mongo, workspace: Workspace, change: ScoreChange
) -> None:
    change = replace(change, lead_id=new_id())

    stored = await kept(mongo.score_changes, from_score_change(workspace.id, change))

    assert to_score_change(stored) == change


@pytest.mark.parametrize("activity", [ACTIVITY, BARE_ACTIVITY])
async def test_an_activity_survives_the_database(
    mongo: Mongo, workspace: Workspace, activity: Activity
) -> None:
    activity = replace(activity, id=new_id())

    stored = await kept(mongo.activities, from_activity(workspace.id, "lead", activity, ()))

    assert to_activity(stored) == activity


async def test_a_time_of_another_zone_comes_back_as_the_same_moment_in_utc(
    mongo: Mongo, workspace: Workspace
) -> None:
    lead = replace(LEAD, id=new_id(), created_at=LATE.astimezone(KOLKATA))

    stored = await kept(mongo.leads, from_lead(workspace.id, lead))

    created_at = to_lead(stored).created_at
    assert (created_at, created_at.utcoffset(), created_at.microsecond) == (LATE, timedelta(0), 999_000)
