"""README's recipes, as they stand there, with a real receiver and a real mail server in the place of others'."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from tests.api.automations.asking import deliveries
from tests.api.calls import done
from tests.api.conftest import Serve
from tests.api.deliveries.receivers import Receiver, receiving
from tests.api.deliveries.test_mail import Mailbox
from tests.api.deliveries.waiting import until
from tests.api.scenes import with_levels, with_score
from tests.client import Client
from tests.conftest import MakeClient
from tests.test_readme import documents, section

OUTSIDE = "https://hooks.slack.com/services/T000/B000/XXXX", "https://crm.example.com/hooks/tierwire"


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    listening = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mailbox, hostname="localhost"), "127.0.0.1", 0
    )
    yield mailbox, listening.sockets[0].getsockname()[1]
    listening.close()


async def followed(client: Client, receiver: Receiver) -> None:
    """All recipes, with the receiver for whoever is called."""
    await with_levels(client)
    for document in documents(section("Automations")):
        for url in OUTSIDE:
            document = document.replace(url, receiver.url)  # noqa: PLW2901 - the same but for that
        answer = await client.answer(document)
        assert set(map(str, answer["data"].values())) == {"{}"}, answer


async def state_of(client: Client) -> list[str]:
    return sorted(each["state"] for each in await deliveries(client, "state"))


async def tags_and_score(client: Client) -> Any:
    return await client('{ lead(by: {externalId: "ada"}) { tags engagement { score } } }')


async def test_the_recipes_do_what_they_say(
    make_client: MakeClient, serve: Serve, mailbox: tuple[Mailbox, int]
) -> None:
    mails, port = mailbox
    async with (
        receiving() as receiver,
        serve(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="Sales <sales@example.com>") as served,
    ):
        client = Client(served.url, (await make_client()).key)
        await followed(client, receiver)
        ada = {"lead": {"externalId": "ada"}, "name": "Ada", "email": "ada@example.com", "company": "Engines"}
        await done(client, "upsertLead", "lead { id }", **ada)
        await with_score(client, "ada", 15, dimension="PROFILE")

        for delta in (12, 23, 20, -50):
            await with_score(client, "ada", delta)
            await until(lambda: settled(client))

        assert [mail["subject"] for mail in mails.mails] == ["Thank you, Ada"]
        assert mails.envelopes[0].rcpt_tos == ["ada@example.com"]
        slack, webhook = receiver.requests
        assert "Ada of Engines is Hot now, with 60 points" in str(slack.json)
        assert webhook.json["level"] == "Cold"
        assert webhook.headers["webhook-signature"].startswith("v1,")
        assert await tags_and_score(client) == {"tags": ["re-engage"], "engagement": {"score": 10}}
        await client.close()


async def settled(client: Client) -> bool:
    return "PENDING" not in await state_of(client)
