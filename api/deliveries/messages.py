"""What is sent: the webhook's body, the message for Slack, the mail. Pure: nothing is sent here, no time is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Any

import orjson

from api import ids
from domain.deliveries import Delivery, News
from domain.templating import rendered

TEST = "[Test]"
SECTION = 3_000  # characters of a section's text: Slack refuses the message for more
SECTIONS = 5  # of a message: what a template comes to beyond them is left out
FIELD = 150  # characters of a value in a field: two of them, all escaped, are less than the 2,000 that Slack takes
SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

Form = Callable[[str], str]  # what a value must be put through to stand in a text


class NoAddress(Exception):
    """The mail would go to nobody, or to what is no address; the words hold no part of it."""


def webhook(delivery: Delivery) -> str:
    """The JSON of a webhook, as webhook.schema.json describes it; the same in every attempt."""
    news = delivery.news
    body = {
        "type": f"lead.{news.event.lower()}",
        "id": ids.public("Delivery", delivery.id),
        "timestamp": news.at.isoformat(),
        "test": delivery.is_test,
        "automation": {
            "id": ids.public("Automation", delivery.automation_id),
            "name": news.automation,
            "version": delivery.automation_version,
        },
        "event": news.event,
        "dimension": news.dimension.value,
        "cause": news.cause.value,
        "lead": {
            "id": ids.public("Lead", news.lead_id),
            "externalId": news.external_id,
            "email": news.email,
            "name": news.name,
            "company": news.company,
        },
        "score": news.score,
        "scoreBefore": news.score_before,
        "level": news.level,
        "levelBefore": news.level_before,
        "reasons": [{"source": source, "points": points} for source, points in news.reasons],
    }
    return orjson.dumps(body).decode()


# Slack


def slack(delivery: Delivery) -> Mapping[str, Any]:
    """A message for an incoming webhook.

    A template is in Slack's own markup, so that it may link and mention; what fills its places never is.
    """
    news = delivery.news
    text = _asked(delivery, _escaped) or _headline(news)
    text = f"{TEST} {text}" if delivery.is_test else text
    reasons = [f"{_short(source)} ({points:+})" for source, points in news.reasons]
    return {
        "text": next(_parts(text)),
        "blocks": [
            *({"type": "section", "text": _markup(part)} for part in _parts(text)),
            {"type": "section", "fields": list(map(_markup, _fields(news)))},
            *(
                [{"type": "context", "elements": [_markup("Because of " + ", ".join(reasons))]}]
                * bool(reasons)
            ),
        ],
    }


def _escaped(value: str) -> str:
    return value.translate(SLACK)


def _short(value: str) -> str:
    return _escaped(value[:FIELD])


def _markup(text: str) -> Mapping[str, str]:
    return {"type": "mrkdwn", "text": text}


def _headline(news: News) -> str:
    who = f"*{_short(_who(news))}*"
    if news.level != news.level_before:
        return f"{who} is {_short(news.level or 'in no level')} now"
    return f"{who} has a score of {news.score:,} now"


def _who(news: News) -> str:
    known = (news.name, news.email, news.external_id)
    return next((each for each in known if each), ids.public("Lead", news.lead_id))


def _fields(news: News) -> Iterable[str]:
    lead = ", ".join(_short(each) for each in (_who(news), news.company) if each)
    yield f"*Lead*\n{lead}"
    yield f"*Level*\n{_change(*(_short(each or '-') for each in (news.level_before, news.level)))}"
    yield f"*Score*\n{_change(f'{news.score_before:,}', f'{news.score:,}')}"


def _change(before: str, after: str) -> str:
    return after if before == after else f"{before} → {after}"


def _parts(text: str) -> Iterator[str]:
    """The text in pieces that a section takes, cut between words and never within an escape."""
    for _ in range(SECTIONS):
        cut = len(text) if len(text) <= SECTION else _cut(text)
        yield text[:cut]
        if not (text := text[cut:].strip()):
            return


def _cut(text: str) -> int:
    gap = max(text.rfind(each, 1, SECTION) for each in "\n ")
    escaped = text.rfind("&", SECTION - len("&amp;"), SECTION)
    return gap if gap > 0 else escaped if escaped > 0 else SECTION


# Mail


def mail(delivery: Delivery, mail_from: str, at: datetime) -> EmailMessage:
    """The mail, plain and as HTML; raises NoAddress.

    Where there are several addresses, commas of the template part them: never what fills its places, nor could that
    begin another header.
    """
    action = delivery.action
    text = _asked(delivery, str) or _headline(delivery.news)
    message = EmailMessage(SMTP)
    message["Subject"] = _subject(delivery)
    message["From"] = _address(mail_from)
    message["To"] = tuple(_recipients(delivery, (action.to or "").split(",")))
    message["Date"] = format_datetime(at)
    # The same in every attempt, so that a mailbox that has it already can tell.
    message["Message-ID"] = f"<{ids.public('Delivery', delivery.id)}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(_as_html(text), subtype="html")
    return message


def _subject(delivery: Delivery) -> str:
    subject = _filled(delivery, delivery.action.subject or "", str)
    return _in_one_line(f"{TEST} {subject}" if delivery.is_test else subject)


def _in_one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _recipients(delivery: Delivery, templates: Sequence[str]) -> Iterable[Address]:
    for template in templates:
        yield _address(_filled(delivery, template, str).strip())


def _address(written: str) -> Address:
    """One address; raises NoAddress."""
    name, spec = parseaddr(written)
    # What is no more than printable ends no line; what comes after a comma would be a second address.
    if not written or not written.isprintable() or (not name and spec != written):
        raise NoAddress(
            "it is addressed to nobody" if not written else "it is addressed to what is no address"
        )
    try:
        return Address(name, addr_spec=spec)
    except (ValueError, IndexError, MessageError):
        raise NoAddress("it is addressed to what is no address") from None


def _as_html(text: str) -> str:
    lines = escape(text).replace("\n", "<br>\n")
    return f"<!doctype html>\n<html><body><p>{lines}</p></body></html>\n"


# Templates


def _asked(delivery: Delivery, form: Form) -> str:
    """What the action's template comes to; nothing where there is none."""
    return _filled(delivery, delivery.action.template or "", form).strip()


def _filled(delivery: Delivery, template: str, form: Form) -> str:
    news = delivery.news
    known = news.places(ids.public("Lead", news.lead_id))
    return rendered(template, {name: form(str(value)) for name, value in known.items() if value is not None})
