"""One attempt: what each answer means, what is kept of it, and what an action does to its lead."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from api.deliveries.answers import retry_after
from api.deliveries.pinned import Calls
from api.deliveries.sending import Sender
from api.deliveries.targets import Names, Targets
from api.scalars import now
from domain.automations import Action, ActionKind
from domain.changes import UpsertLead
from domain.contributions import ADJUSTMENTS
from domain.deliveries import LONGEST, PAUSES, Delivery, DeliveryState
from domain.history import CauseKind
from domain.leads import Lead, LeadEdit, LeadRef, RefKind
from domain.values import replace
from persistence.deliveries import Due
from tests.api.deliveries.conftest import MakeProcess, Process
from tests.api.deliveries.given import ADA, OTHER_SECRET, SECRET, a_delivery, of_lead, one
from tests.api.deliveries.receivers import answer, receiving

HUSH = "hush-T0-B0-xyz"
DELIVERED, FAILED, PENDING = DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.PENDING


async def tried(process: Process, delivery: Delivery) -> Delivery:
    """The delivery after one attempt, which nobody keeps."""
    return (await process.sender.attempt(Due(process.workspace, delivery))).delivery


async def hooked(process: Process, said: bytes | None) -> Delivery:
    """A webhook after one attempt at a target that says that."""
    async with receiving(said) as receiver:
        return await tried(process, one(ActionKind.WEBHOOK, url=receiver.url))


async def lead_of(process: Process, tags: tuple[str, ...] = ()) -> Lead:
    """A lead of the workspace, with these tags."""
    ref = LeadRef(RefKind.EXTERNAL_ID, "crm-1")
    return (
        await process.house.ledger.apply(process.workspace, ref, UpsertLead(ADA, LeadEdit(add_tags=tags)))
    ).lead


async def now_known(process: Process, lead: Lead) -> Lead:
    found = await process.house.leads.find(process.workspace, LeadRef(RefKind.ID, lead.id))
    assert found
    return found


# Answers


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_is_one(process: Process, status: int) -> None:
    delivery = await hooked(process, answer(status))

    assert (delivery.state, delivery.next_attempt_at) == (DELIVERED, None)
    assert [(each.status, each.error) for each in delivery.attempts] == [(status, None)]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "it answered 400 Bad Request"),
        (404, "it answered 404 Not Found"),
        (500, "it answered 500 Internal Server Error"),
        (599, "it answered 599"),
        (301, "it answered 301 Moved Permanently, and redirects are not followed"),
        (302, "it answered 302 Found, and redirects are not followed"),
        (304, "it answered 304 Not Modified, and redirects are not followed"),
    ],
)
async def test_anything_else_is_tried_again_after_a_pause(process: Process, status: int, error: str) -> None:
    delivery = await hooked(process, answer(status, location="http://127.0.0.1/"))

    (attempt,) = delivery.attempts
    assert (delivery.state, attempt.status, attempt.error) == (PENDING, status, error)
    assert delivery.next_attempt_at
    pause = delivery.next_attempt_at - attempt.ended_at
    assert PAUSES[0] <= pause <= PAUSES[0] * 1.1


async def test_a_redirect_is_not_followed(process: Process) -> None:
    async with receiving() as other:
        await hooked(process, answer(307, location=other.url))

    assert other.requests == []


@pytest.mark.parametrize("status", [429, 503])
async def test_who_asks_to_be_spared_is_for_as_long(process: Process, status: int) -> None:
    delivery = await hooked(process, answer(status, retry_after="3600"))

    assert delivery.next_attempt_at
    assert delivery.next_attempt_at - delivery.attempts[0].ended_at == timedelta(hours=1)


async def test_nobody_is_spared_for_longer_than_a_day(process: Process) -> None:
    delivery = await hooked(process, answer(429, retry_after="999999999"))

    assert delivery.next_attempt_at
    assert delivery.next_attempt_at - delivery.attempts[0].ended_at == LONGEST


@pytest.mark.parametrize("said", ["soon", "", "-5", "1.5", "Fri, 99 Foo 2026", "9" * 400])
async def test_who_asks_to_be_spared_in_no_words_has_the_usual_pause(process: Process, said: str) -> None:
    delivery = await hooked(process, answer(503, retry_after=said))

    assert delivery.next_attempt_at
    assert delivery.next_attempt_at - delivery.attempts[0].ended_at <= PAUSES[0] * 1.1


def test_a_moment_to_come_back_may_be_a_date() -> None:
    at = now().replace(microsecond=0)

    assert retry_after((at + timedelta(minutes=7)).strftime("%a, %d %b %Y %H:%M:%S GMT"), at) == timedelta(
        minutes=7
    )
    assert retry_after((at - timedelta(minutes=7)).strftime("%a, %d %b %Y %H:%M:%S GMT"), at) == timedelta(0)


async def test_who_answers_nothing_is_given_up_when_patience_ends(make_process: MakeProcess) -> None:
    delivery = await hooked(make_process(patience=0.2), None)

    assert (delivery.state, delivery.attempts[0].error) == (PENDING, "no answer within 0.2 seconds")


async def test_nobody_listening_is_tried_again(process: Process) -> None:
    async with receiving() as receiver:
        url = receiver.url

    delivery = await tried(process, one(ActionKind.WEBHOOK, url=url))

    assert delivery.state is PENDING
    assert delivery.attempts[0].error == "it could not be spoken with (ClientConnectorError)"


@pytest.mark.parametrize("said", [b"220 mail.example.com ESMTP\r\n", b"HTTP/1.1 abc\r\n\r\n", b""])
async def test_who_speaks_no_http_is_tried_again(make_process: MakeProcess, said: bytes) -> None:
    delivery = await hooked(make_process(patience=0.5), said)

    assert delivery.state is PENDING
    assert delivery.attempts[0].error


@pytest.mark.parametrize("body", [b"x" * 1_000_000, b"", b"x"], ids=["endless", "missing", "short"])
async def test_what_follows_a_success_makes_no_failure_of_it(make_process: MakeProcess, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n"

    assert (await hooked(make_process(patience=10), head + body)).state is DELIVERED


async def test_answers_that_are_heard_leave_the_connection_open(process: Process) -> None:
    ports = set()
    async with receiving() as receiver:
        for _ in range(3):
            await tried(process, one(ActionKind.WEBHOOK, url=receiver.url))
            ports.add(len(receiver._open))

    assert ports == {1}


async def test_no_cookie_of_a_target_comes_back_to_it(process: Process) -> None:
    async with receiving(answer(200, set_cookie="who=ada; path=/")) as receiver:
        for _ in range(2):
            await tried(process, one(ActionKind.WEBHOOK, url=receiver.url))

    assert not any("cookie" in each.headers for each in receiver.requests)


# What is sent, and what is kept of it


async def test_a_webhook_is_signed_with_the_secrets_of_its_automation(process: Process) -> None:
    async with receiving() as receiver:
        hook = Action(ActionKind.WEBHOOK, receiver.url, secret=SECRET)
        automation = await process.automation(
            hook, Action(ActionKind.WEBHOOK, "https://x/", secret=OTHER_SECRET)
        )
        delivery = await tried(process, a_delivery(automation))

    (request,) = receiver.requests
    assert Webhook(SECRET).verify(request.body, request.headers)["id"] == f"dlv_{delivery.id}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == f"dlv_{delivery.id}"
    assert request.headers["webhook-signature"].count("v1,") == 1


async def test_slack_is_sent_its_message(process: Process) -> None:
    async with receiving() as receiver:
        delivery = await tried(process, one(ActionKind.SLACK, url=receiver.url, template="{lead.name}!"))

    assert delivery.state is DELIVERED
    assert receiver.requests[0].json["text"] == "Grace Hopper!"
    assert "webhook-id" not in receiver.requests[0].headers


async def test_a_test_is_sent_and_says_that_it_is_one(process: Process) -> None:
    async with receiving() as receiver:
        await tried(process, one(ActionKind.WEBHOOK, url=receiver.url, is_test=True))

    assert receiver.requests[0].json["test"] is True


@pytest.mark.parametrize("kind", [ActionKind.WEBHOOK, ActionKind.SLACK])
@pytest.mark.parametrize(
    "said", [answer(500), answer(410), answer(302, location=f"/{HUSH}"), b"no http\r\n\r\n", None]
)
async def test_neither_errors_nor_logs_hold_a_url(
    make_process: MakeProcess,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    kind: ActionKind,
    said: bytes | None,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiving(said) as receiver:
        url = receiver.url.replace("/hook", f"/{HUSH}")
        delivery = await tried(make_process(patience=0.2), one(kind, url=url))

    shown = f"{delivery.attempts} {caplog.text} {capsys.readouterr()}"
    assert HUSH not in shown
    assert str(receiver.port) not in str(delivery.attempts)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://example.com/", "https://[", "no"])
async def test_what_may_not_be_called_fails_at_once(process: Process, url: str) -> None:
    """Were it allowed when it was saved: settings change, and so do names."""
    targets = Targets(Names())
    async with Calls(targets) as calls:
        mail, ledger = process.sender._mail, process.house.ledger
        sender = Sender(targets, calls, mail, process.automations, ledger, now)
        due = await sender.attempt(Due(process.workspace, one(ActionKind.WEBHOOK, url=url)))

    assert due.delivery.state is FAILED
    assert str(due.delivery.attempts[0].error).startswith("it may not be called: ")


async def test_a_name_that_does_not_resolve_is_tried_again(process: Process) -> None:
    delivery = await tried(process, one(ActionKind.WEBHOOK, url="https://nowhere.invalid/"))

    assert delivery.state is PENDING
    assert delivery.attempts[0].error == "its host's name cannot be resolved"


async def test_a_bug_ends_the_attempt_and_nothing_else(process: Process) -> None:
    broken = replace(one(ActionKind.SLACK, url="http://127.0.0.1/"), news=None)  # type: ignore[arg-type]

    delivery = await tried(process, broken)

    assert delivery.state is PENDING
    assert "something went wrong here; it is logged as" in str(delivery.attempts[0].error)


# What changes the lead itself


async def test_points_are_given_once_however_often_it_is_tried(process: Process) -> None:
    lead = await lead_of(process)
    delivery = one(ActionKind.ADJUST_SCORE, points=7, news=of_lead(lead_id=lead.id))

    states = [(await tried(process, delivery)).state for _ in range(3)]

    found = await now_known(process, lead)
    assert states == [DELIVERED] * 3
    assert (found.engagement.score, found.engagement.contributions[ADJUSTMENTS].points) == (7, 7)


async def test_history_names_the_automation_that_gave_points(process: Process) -> None:
    lead = await lead_of(process)
    given = one(ActionKind.ADJUST_SCORE, points=7, news=of_lead(lead_id=lead.id, automation="A" * 200))
    await tried(process, replace(given, hops=3))

    found = await process.mongo.score_changes.find_one({"workspace": process.workspace, "lead": lead.id})

    assert found
    assert (found["cause"], found["actor"]["name"]) == (CauseKind.AUTOMATION.value, "A" * 200)
    assert (found["reason"], found["hops"]) == (f"Automation {'A' * 200}", 3)


async def test_tags_are_added_and_removed(process: Process) -> None:
    lead = await lead_of(process, ("cold",))
    news = of_lead(lead_id=lead.id)

    await tried(process, one(ActionKind.ADD_TAG, tag="hot", news=news))
    await tried(process, one(ActionKind.REMOVE_TAG, tag="cold", news=news))

    assert (await now_known(process, lead)).tags == ("hot",)


@pytest.mark.parametrize("fields", [{"tag": "hot"}, {"tag": "cold"}, {"points": 7}])
async def test_a_test_changes_nothing_of_the_lead(process: Process, fields: dict[str, Any]) -> None:
    lead = await lead_of(process, ("cold",))
    kind = ActionKind.ADJUST_SCORE if "points" in fields else ActionKind.REMOVE_TAG

    delivery = await tried(process, one(kind, is_test=True, news=of_lead(lead_id=lead.id), **fields))

    assert delivery.state is DELIVERED
    assert await now_known(process, lead) == lead


@pytest.mark.parametrize("kind", [ActionKind.ADJUST_SCORE, ActionKind.ADD_TAG, ActionKind.REMOVE_TAG])
async def test_a_lead_that_is_gone_fails_with_the_reason(process: Process, kind: ActionKind) -> None:
    fields: dict[str, Any] = {"points": 7} if kind is ActionKind.ADJUST_SCORE else {"tag": "hot"}

    delivery = await tried(process, one(kind, **fields))

    assert delivery.state is FAILED
    assert "there is no lead" in str(delivery.attempts[0].error)


async def test_what_the_lead_refuses_fails_with_the_reason(process: Process) -> None:
    lead = await lead_of(process, tuple(f"tag {number}" for number in range(100)))

    delivery = await tried(process, one(ActionKind.ADD_TAG, tag="hot", news=of_lead(lead_id=lead.id)))

    assert delivery.state is FAILED
    assert "may have at most 100 items" in str(delivery.attempts[0].error)
    assert await now_known(process, lead) == lead
