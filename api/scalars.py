"""Scalars: times, colours and JSON as they cross the edge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NewType

from strawberry.types.scalar import ScalarDefinition

Color = NewType("Color", str)
JSON = NewType("JSON", Mapping[str, Any])


def now() -> datetime:
    """The present, in whole milliseconds: what the database keeps of a time."""
    return in_milliseconds(datetime.now(UTC))


def in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _parse_moment(value: object) -> object:
    """A time, in whole milliseconds.

    What is none, or has no offset, passes as it is: the domain refuses it where it stands, so that one bad item of a
    bulk harms no other.
    """
    try:
        moment = in_milliseconds(datetime.fromisoformat(str(value)))
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return str(value)[:60]


def _parse_color(value: object) -> str:
    # Its form is checked with the rest of the level, where a refusal can name it.
    return str(value)


DATE_TIME = ScalarDefinition(
    name="DateTime",
    description="A moment as ISO 8601 with an offset, kept to the millisecond. A time without offset is refused.",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    serialize=lambda moment: moment.isoformat(),
    parse_value=_parse_moment,
    parse_literal=None,
)
COLOR = ScalarDefinition(
    name="Color",
    description='A colour as "#rrggbb".',
    specified_by_url=None,
    serialize=str,
    parse_value=_parse_color,
    parse_literal=None,
)
DOCUMENT = ScalarDefinition(
    name="JSON",
    description="A JSON value: an object, unless the field says otherwise.",
    specified_by_url="https://ecma-international.org/publications-and-standards/standards/ecma-404/",
    serialize=lambda value: value,
    parse_value=lambda value: value,  # what is no object is refused by the domain, where it stands
    parse_literal=None,
)
SCALARS: dict[object, ScalarDefinition] = {datetime: DATE_TIME, Color: COLOR, JSON: DOCUMENT}
