"""Signatures: those of the library and of the specification, and by which secrets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from api.deliveries.signing import Secrets, signed
from api.scalars import now
from domain.actors import Workspace
from domain.automations import Action, ActionKind, Automation
from persistence.automations import Automations
from persistence.configuration import Configuration, Editor
from persistence.deliveries import Due
from persistence.mongo import Mongo
from tests.api.deliveries.given import ADA, OTHER_SECRET, SECRET, a_delivery, one, plan

URL = "https://example.com/hook"
HOOK = Action(ActionKind.WEBHOOK, URL, secret=SECRET)


@pytest.fixture
def automations(mongo: Mongo) -> Automations:
    return Automations(mongo, Configuration(mongo))


def editor(at: datetime | None = None) -> Editor:
    return Editor(ADA, at or now())


async def secrets_of(
    automations: Automations, workspace: Workspace, automation: Automation, at: datetime | None = None
) -> tuple[str, ...]:
    """Those that a delivery of the automation's first action is signed with."""
    due = Due(workspace.id, a_delivery(automation))
    return await Secrets(automations, lambda: at or now()).of(due)


def test_signatures_are_those_of_the_specification() -> None:
    """Its own example: a secret, an id, a moment, a body, and what they come to."""
    at = datetime.fromtimestamp(1614265330, UTC)
    webhook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    signature = webhook.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_whoever_has_the_secret_can_verify_a_message() -> None:
    delivery = one(ActionKind.WEBHOOK, url=URL)

    headers = signed(delivery, '{"a": "é"}', now(), [SECRET])

    assert Webhook(SECRET).verify('{"a": "é"}', dict(headers)) == {"a": "é"}
    assert headers["webhook-id"] == f"dlv_{delivery.id}"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify('{"a": "e"}', dict(headers))


def test_two_secrets_make_two_signatures_each_of_which_suffices() -> None:
    headers = signed(one(ActionKind.WEBHOOK, url=URL), "{}", now(), [SECRET, OTHER_SECRET])

    assert headers["webhook-signature"].count(" ") == 1
    assert Webhook(SECRET).verify("{}", dict(headers)) == {}
    assert Webhook(OTHER_SECRET).verify("{}", dict(headers)) == {}


def test_without_a_secret_there_is_no_signature() -> None:
    headers = signed(one(ActionKind.WEBHOOK, url=URL), "{}", now(), [])

    assert set(headers) == {"webhook-id", "webhook-timestamp"}


def test_the_id_is_the_same_in_every_attempt_and_the_timestamp_is_the_attempts() -> None:
    delivery = one(ActionKind.WEBHOOK, url=URL)

    first, second = (signed(delivery, "{}", now() + timedelta(minutes=each), [SECRET]) for each in range(2))

    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 60


async def test_a_rotated_secret_signs_what_was_set_off_before_and_the_retired_one_beside_it_for_a_day(
    automations: Automations, workspace: Workspace
) -> None:
    fired = await automations.create(workspace.id, plan(HOOK), editor())
    rotated = replace(HOOK, secret=OTHER_SECRET)
    edited = await automations.update(workspace.id, fired.id, plan(rotated), editor())

    soon, late = (edited.updated_at + timedelta(hours=each) for each in (23, 24))

    assert await secrets_of(automations, workspace, fired, soon) == (OTHER_SECRET, SECRET)
    assert await secrets_of(automations, workspace, fired, late) == (OTHER_SECRET,)


async def test_of_two_actions_to_one_address_each_signs_with_its_own_secret(
    automations: Automations, workspace: Workspace
) -> None:
    both = plan(HOOK, replace(HOOK, secret=OTHER_SECRET))
    fired = await automations.create(workspace.id, both, editor())
    bare = replace(HOOK, secret=None)
    await automations.update(workspace.id, fired.id, plan(bare, bare, name="Renamed"), editor())

    due = [Due(workspace.id, a_delivery(fired, at=at)) for at in range(2)]

    assert [await Secrets(automations, now).of(each) for each in due] == [(SECRET,), (OTHER_SECRET,)]


async def test_a_secret_that_was_retired_long_ago_comes_back_by_no_edit(
    automations: Automations, workspace: Workspace
) -> None:
    fired = await automations.create(workspace.id, plan(HOOK), editor(now() - timedelta(days=9)))
    rotated = replace(HOOK, secret=OTHER_SECRET)
    await automations.update(workspace.id, fired.id, plan(rotated), editor(now() - timedelta(days=8)))

    await automations.update(workspace.id, fired.id, plan(rotated, name="Renamed"), editor())

    assert await secrets_of(automations, workspace, fired) == (OTHER_SECRET,)


async def test_an_action_that_is_no_more_signs_with_the_secret_of_the_version_that_was_set_off(
    automations: Automations, workspace: Workspace
) -> None:
    fired = await automations.create(workspace.id, plan(HOOK), editor())
    await automations.update(workspace.id, fired.id, plan(replace(HOOK, url="https://other/")), editor())

    assert await secrets_of(automations, workspace, fired) == (SECRET,)


async def test_a_deleted_automation_signs_with_the_secret_of_the_version_that_was_set_off(
    automations: Automations, workspace: Workspace
) -> None:
    fired = await automations.create(workspace.id, plan(HOOK), editor())
    await automations.delete(workspace.id, fired.id, editor())

    assert await secrets_of(automations, workspace, fired) == (SECRET,)


async def test_an_automation_nobody_knows_has_no_secret(
    automations: Automations, workspace: Workspace
) -> None:
    due = Due(workspace.id, one(ActionKind.WEBHOOK, url=URL))

    assert await Secrets(automations, now).of(due) == ()
