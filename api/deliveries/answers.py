"""What one attempt comes to: the answers of targets, and what each of them means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus

BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)  # which may say when to come back


class Verdict(Enum):
    """DONE; LATER it is tried again; NEVER it is not, for it would come to the same."""

    DONE = "done"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a target has said, or why it has said nothing.

    `error` holds nothing of a URL or an address: both may be secrets, and it is shown and logged.
    """

    verdict: Verdict
    status: int | None = None
    error: str | None = None
    spared: timedelta | None = None


DONE = Answer(Verdict.DONE)


def later(error: str) -> Answer:
    return Answer(Verdict.LATER, error=error)


def never(error: str) -> Answer:
    return Answer(Verdict.NEVER, error=error)


def of_http(status: int, headers: Mapping[str, str], now: datetime) -> Answer:
    """What an HTTP status means: only 2xx is success, and a redirect is none, for it may lead anywhere."""
    if 200 <= status < 300:  # noqa: PLR2004 - success, as HTTP has it
        return Answer(Verdict.DONE, status)
    said = f"it answered {status}{_phrase(status)}"
    if status == HTTPStatus.GONE:
        return Answer(Verdict.NEVER, status, f"{said}: it wants no more")
    if 300 <= status < 400:  # noqa: PLR2004 - redirects, as HTTP has it
        said += ", and redirects are not followed"
    spared = retry_after(headers.get("retry-after", ""), now) if status in BUSY else None
    return Answer(Verdict.LATER, status, said, spared)


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a target asks to be left alone, in seconds or as a date; None where it does not say so."""
    try:
        if value.strip().isascii() and value.strip().isdigit():
            return timedelta(seconds=int(value))
        until = parsedate_to_datetime(value)
        return max((until if until.tzinfo else until.replace(tzinfo=UTC)) - now, timedelta(0))
    except (ValueError, OverflowError):
        return None
