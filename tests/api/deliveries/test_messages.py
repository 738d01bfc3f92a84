"""What is sent: bodies as their schema has them, and texts into which no value can write itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.deliveries import messages
from api.deliveries.messages import NoAddress
from domain import bounds
from domain.automations import ActionKind, AutomationEvent
from domain.deliveries import REASONS
from domain.history import CauseKind
from domain.levels import Dimension
from tests.api.deliveries.given import LEAD, NEWS, of_lead, one

SCHEMA = json.loads((Path(messages.__file__).parent / "webhook.schema.json").read_text())
AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
BARE = replace(
    NEWS, external_id=None, email=None, name=None, company=None, level=None, level_before=None, reasons=()
)
MALICE = 'Eve & <script>"x"</script> <!channel>'
LONGEST = "\x01" * bounds.NAME
FULL = replace(
    NEWS,
    automation=LONGEST,
    score=-bounds.SCORE,
    score_before=bounds.SCORE,
    level=LONGEST,
    level_before=LONGEST,
    external_id="\x01" * bounds.KEY,
    email="\x01" * bounds.EMAIL,
    name=LONGEST,
    company=LONGEST,
    reasons=((LONGEST, bounds.SCORE),) * REASONS,
)


def body(**known: Any) -> dict[str, Any]:
    sent = json.loads(messages.webhook(one(ActionKind.WEBHOOK, url="https://example.com/", **known)))
    Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(sent)
    assert isinstance(sent, dict)
    return sent


def sent(news: Any = NEWS, *, is_test: bool = False, **fields: str) -> EmailMessage:
    """The mail as whoever receives it reads it."""
    given = {"to": "sales@example.com", "subject": "Hot", "template": "{lead.name} is hot", **fields}
    mail = messages.mail(
        one(ActionKind.EMAIL, news=news, is_test=is_test, **given), "Tierwire <tierwire@example.com>", AT
    )
    received = message_from_bytes(mail.as_bytes(), policy=default)
    assert isinstance(received, EmailMessage)
    return received


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found
    return str(found.get_content()).replace("\r\n", "\n")


def texts(message: Any) -> list[str]:
    """Every text in a message for Slack."""
    if isinstance(message, dict):
        return [each for value in message.values() for each in texts(value)]
    if isinstance(message, list):
        return [each for value in message for each in texts(value)]
    return [message]


# Webhooks


def test_a_webhook_tells_the_whole_story() -> None:
    told = body()

    assert told["id"].startswith("dlv_")
    assert told["automation"]["id"].startswith("auto_")
    assert {name: value for name, value in told.items() if name not in {"id", "automation"}} == {
        "type": "lead.tier_entered",
        "timestamp": "2026-03-01T09:30:00.001000+00:00",
        "test": False,
        "event": "TIER_ENTERED",
        "dimension": "ENGAGEMENT",
        "cause": "ACTIVITY",
        "lead": {
            "id": f"lead_{LEAD}",
            "externalId": "crm-1",
            "email": "grace@example.com",
            "name": "Grace Hopper",
            "company": "Navy",
        },
        "score": 52,
        "scoreBefore": 40,
        "level": "Hot",
        "levelBefore": "Warm",
        "reasons": [
            {"source": "Clicked a link", "points": 30},
            {"source": "Opened a mail", "points": 12},
            {"source": "Adjustments", "points": 10},
        ],
    }


@pytest.mark.parametrize("event", AutomationEvent)
@pytest.mark.parametrize("news", [NEWS, BARE, FULL], ids=["usual", "bare", "full"])
def test_every_body_is_as_the_schema_has_it_and_under_twenty_kilobytes(
    news: Any, event: AutomationEvent
) -> None:
    told = body(news=replace(news, event=event.value))

    assert len(json.dumps(told).encode()) < 20_000


def test_the_schema_knows_every_cause_and_dimension() -> None:
    assert set(SCHEMA["properties"]["cause"]["enum"]) == {each.value for each in CauseKind}
    assert set(SCHEMA["properties"]["dimension"]["enum"]) == {each.value for each in Dimension}


def test_a_test_says_that_it_is_one() -> None:
    assert body(is_test=True)["test"] is True


# Slack


def test_slack_is_told_of_the_lead_its_level_its_score_and_why() -> None:
    message = messages.slack(one(ActionKind.SLACK, url="https://hooks.slack.com/x"))

    assert message["text"] == "*Grace Hopper* is Hot now"
    assert texts(list(message["blocks"])) == [
        "section", "mrkdwn", "*Grace Hopper* is Hot now",
        "section", "mrkdwn", "*Lead*\nGrace Hopper, Navy",
        "mrkdwn", "*Level*\nWarm → Hot",
        "mrkdwn", "*Score*\n40 → 52",
        "context", "mrkdwn", "Because of Clicked a link (+30), Opened a mail (+12), Adjustments (+10)",
    ]  # fmt: skip


def test_the_template_is_the_text_in_slacks_own_markup_and_what_fills_it_is_not() -> None:
    template = "<https://crm.example.com/{lead.externalId}|{lead.name}> is {level}"
    news = of_lead(name=MALICE)

    message = messages.slack(one(ActionKind.SLACK, url="https://x.example", template=template, news=news))

    assert message["text"] == (
        '<https://crm.example.com/crm-1|Eve &amp; &lt;script&gt;"x"&lt;/script&gt; &lt;!channel&gt;> is Hot'
    )


@pytest.mark.parametrize("field", ["name", "company", "level", "level_before", "email", "external_id"])
def test_no_value_can_write_slacks_markup(field: str) -> None:
    names = {"name": None, "email": None, "external_id": None, field: MALICE}
    message = messages.slack(one(ActionKind.SLACK, url="https://x.example", news=of_lead(**names)))

    assert not any("<" in text or ">" in text or "& " in text for text in texts(message))


def test_no_source_of_points_can_write_slacks_markup() -> None:
    message = messages.slack(one(ActionKind.SLACK, url="https://x", news=of_lead(reasons=((MALICE, 1),))))

    assert not any("<" in text for text in texts(message))


def test_a_test_says_so_before_the_text_for_slack() -> None:
    message = messages.slack(one(ActionKind.SLACK, url="https://x.example", is_test=True))

    assert message["text"] == "[Test] *Grace Hopper* is Hot now"


@pytest.mark.parametrize("value", ["&" * bounds.NAME, "é" * bounds.NAME])
def test_what_slack_would_refuse_for_its_length_is_cut_and_never_within_an_escape(value: str) -> None:
    news = of_lead(name=value, company=value, level=value, level_before=value, reasons=((value, 1),) * 3)
    template = "{lead.name}" * 300

    message = messages.slack(one(ActionKind.SLACK, url="https://x.example", template=template, news=news))

    sections = [block["text"]["text"] for block in message["blocks"] if "text" in block]
    fields = [field["text"] for block in message["blocks"] for field in block.get("fields", ())]
    assert len(sections) == messages.SECTIONS
    assert all(0 < len(each) <= 3_000 for each in (*sections, message["text"]))
    assert all(len(each) <= 2_000 for each in fields)
    assert all(each.count("&") == each.count("&amp;") for each in (*sections, *fields))


def test_a_template_that_comes_to_nothing_is_as_none() -> None:
    bare = one(ActionKind.SLACK, url="https://x.example", template="{lead.name} ", news=BARE)

    assert messages.slack(bare)["text"] == f"*lead_{LEAD}* has a score of 52 now"


# Mail


def test_a_mail_has_a_plain_and_an_html_part_of_the_template() -> None:
    mail = sent(template="Hello {lead.name},\nyou have {score} points.")

    assert part(mail, "plain") == "Hello Grace Hopper,\nyou have 52 points.\n"
    assert "Hello Grace Hopper,<br>\nyou have 52 points." in part(mail, "html")
    assert (mail["From"], mail["To"]) == ("Tierwire <tierwire@example.com>", "sales@example.com")
    assert mail["Auto-Submitted"] == "auto-generated"


def test_every_attempt_has_the_same_message_id() -> None:
    delivery = one(ActionKind.EMAIL, to="a@example.com", subject="x", template="x")

    ids = {messages.mail(delivery, "t@example.com", AT)["Message-ID"] for _ in range(2)}

    assert ids == {f"<dlv_{delivery.id}@example.com>"}


def test_values_are_escaped_in_the_html_part_and_not_in_the_plain_one() -> None:
    mail = sent(of_lead(name=MALICE))

    assert part(mail, "plain") == f"{MALICE} is hot\n"
    assert "<script>" not in part(mail, "html")
    assert "Eve &amp; &lt;script&gt;" in part(mail, "html")


@pytest.mark.parametrize("line", ["\n", "\r\n", "\r", "\v", "\x85", "\u2028", "\0"])
def test_no_value_begins_another_header_by_way_of_the_subject(line: str) -> None:
    mail = sent(of_lead(name=f"Eve{line}Bcc: all@example.com"), subject="{lead.name} is hot")

    assert mail["Subject"] == "Eve Bcc: all@example.com is hot"
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    "email",
    [
        "eve@example.com\nBcc: all@example.com",
        "eve@example.com\r\n\r\nspam",
        "eve@example.com, all@example.com",
        "eve@example.com; all@example.com",
        "eve",
        "eve@",
        "@example.com",
        "eve@exa mple.com",
        "<eve@example.com",
    ],
)
def test_a_value_that_is_no_single_address_is_refused_and_not_told(email: str) -> None:
    with pytest.raises(NoAddress) as refusal:
        sent(of_lead(email=email), to="{lead.email}")

    assert str(refusal.value) == "it is addressed to what is no address"


def test_a_lead_without_an_address_is_written_no_mail() -> None:
    with pytest.raises(NoAddress, match="nobody"):
        sent(BARE, to="{lead.email}")


def test_commas_of_the_template_part_addresses() -> None:
    mail = sent(to="{lead.email}, Sales <sales@example.com>")

    assert mail["To"] == "grace@example.com, Sales <sales@example.com>"


def test_a_test_says_so_before_the_subject() -> None:
    assert sent(is_test=True)["Subject"] == "[Test] Hot"


def test_what_is_not_ascii_arrives() -> None:
    mail = sent(of_lead(name="Žofie 世界"), subject="{lead.name} 🚀", template="{lead.name}")

    assert mail["Subject"] == "Žofie 世界 🚀"
    assert part(mail, "plain") == "Žofie 世界\n"
