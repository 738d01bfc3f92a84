"""Mail, through a real SMTP server on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from domain.automations import ActionKind
from domain.deliveries import Delivery, DeliveryState, News
from persistence.deliveries import Due
from tests.api.deliveries.conftest import MakeProcess, Process
from tests.api.deliveries.given import NEWS, of_lead, one

FROM = "Tierwire <tierwire@example.com>"


class Mailbox:
    """What was received; recipients are refused by the code in their name, as in refused-550@example.com."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        name = address.partition("@")[0]
        if name.startswith("refused-"):
            return f"{name.removeprefix('refused-')} no"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append(envelope)
        return self.answer

    def authenticate(self, _server: SMTP, _s: Session, _e: Envelope, _m: str, login: Any) -> AuthResult:
        assert isinstance(login, LoginPassword)
        self.logins.append((login.login, login.password))
        return AuthResult(success=login.password == b"p@ss word", handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def port(mailbox: Mailbox) -> AsyncIterator[int]:
    """Where the mail server of the test listens."""

    def server() -> SMTP:
        return SMTP(mailbox, hostname="localhost", authenticator=mailbox.authenticate, auth_require_tls=False)

    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.fixture
async def process(make_process: MakeProcess, port: int) -> Process:
    return make_process(smtp_url=f"smtp://127.0.0.1:{port}", mail_from=FROM)


async def mailed(process: Process, to: str = "sales@example.com", news: News = NEWS) -> Delivery:
    """A mail after one attempt."""
    delivery = one(ActionKind.EMAIL, to=to, subject="{lead.name}", template="{lead.name} & co", news=news)
    return (await process.sender.attempt(Due(process.workspace, delivery))).delivery


async def test_a_mail_arrives_with_both_its_parts(process: Process, mailbox: Mailbox) -> None:
    delivery = await mailed(process, "{lead.email}")

    (mail,) = mailbox.mails
    kinds = [each.get_content_type() for each in mail.walk()]
    assert (delivery.state, delivery.attempts[0].status) == (DeliveryState.DELIVERED, 250)
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    assert (mail["Subject"], mail["To"], mail["From"]) == ("Grace Hopper", "grace@example.com", FROM)
    assert mailbox.envelopes[0].mail_from == "tierwire@example.com"


async def test_nothing_that_is_known_of_a_lead_adds_a_header_or_a_recipient(
    process: Process, mailbox: Mailbox
) -> None:
    await mailed(process, news=of_lead(name="Eve\r\nBcc: all@example.com\r\n\r\nspam"))

    assert mailbox.mails[0]["Bcc"] is None
    assert mailbox.envelopes[0].rcpt_tos == ["sales@example.com"]


async def test_a_lead_without_an_address_fails_at_once(process: Process, mailbox: Mailbox) -> None:
    delivery = await mailed(process, "{lead.email}", of_lead(email=None))

    assert delivery.state is DeliveryState.FAILED
    assert delivery.attempts[0].error == "it is addressed to nobody"
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({}, "TIERWIRE_SMTP_URL"),
        ({"mail_from": FROM}, "TIERWIRE_SMTP_URL"),
        ({"smtp_url": "smtp://127.0.0.1:1"}, "TIERWIRE_MAIL_FROM"),
    ],
)
async def test_without_its_settings_mail_waits_and_says_which_is_missing(
    make_process: MakeProcess, settings: dict[str, str], missing: str
) -> None:
    delivery = await mailed(make_process(**settings))

    assert delivery.state is DeliveryState.PENDING
    assert delivery.attempts[0].error == f"no mail can be sent: {missing} is not set"


@pytest.mark.parametrize(
    ("to", "state", "status"),
    [
        ("refused-550@example.com", DeliveryState.FAILED, 550),
        ("refused-451@example.com", DeliveryState.PENDING, 451),
        ("refused-550@example.com, refused-451@example.com", DeliveryState.PENDING, 550),
    ],
)
async def test_an_address_that_is_refused_for_good_fails_and_one_refused_for_now_is_tried_again(
    process: Process, to: str, state: DeliveryState, status: int
) -> None:
    delivery = await mailed(process, to)

    (attempt,) = delivery.attempts
    assert (delivery.state, attempt.status) == (state, status)
    assert "example.com" not in str(attempt.error)


async def test_an_address_that_is_refused_keeps_no_other_from_its_mail(
    process: Process, mailbox: Mailbox
) -> None:
    delivery = await mailed(process, "refused-550@example.com, sales@example.com")

    assert delivery.state is DeliveryState.DELIVERED
    assert delivery.attempts[0].error == "the mail server refused 1 of its addresses"
    assert mailbox.envelopes[0].rcpt_tos == ["sales@example.com"]


async def test_a_mail_that_is_refused_is_tried_again(process: Process, mailbox: Mailbox) -> None:
    mailbox.answer = "451 busy"

    delivery = await mailed(process)

    assert delivery.state is DeliveryState.PENDING
    assert (delivery.attempts[0].status, delivery.attempts[0].error) == (451, "the mail server answered 451")


async def test_a_server_that_is_away_is_tried_again(make_process: MakeProcess) -> None:
    delivery = await mailed(make_process(smtp_url="smtp://127.0.0.1:1", mail_from=FROM))

    assert delivery.state is DeliveryState.PENDING
    assert delivery.attempts[0].error == "the mail server could not be spoken with (SMTPConnectError)"


async def test_the_password_of_the_url_is_used_and_never_told(
    make_process: MakeProcess, mailbox: Mailbox, port: int
) -> None:
    good, bad = (f"smtp://ada:{each}@127.0.0.1:{port}" for each in ("p%40ss%20word", "wrong"))

    states = [(await mailed(make_process(smtp_url=url, mail_from=FROM))) for url in (good, bad)]

    assert [each.state for each in states] == [DeliveryState.DELIVERED, DeliveryState.PENDING]
    assert set(mailbox.logins) == {(b"ada", b"p@ss word"), (b"ada", b"wrong")}
    assert (states[1].attempts[0].status, "wrong" in str(states[1])) == (535, False)
