"""Pages of long lists: a cursor is the place of an entry in a unique order, whatever comes and goes before it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from domain.bounds import INTEGER, storable
from domain.errors import Fault, InvalidInput, Problem
from persistence.documents import Document

Item = TypeVar("Item")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Edge(Generic[Item]):
    cursor: str
    node: Item


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some entries of a list, whether more follow, and whether it began after others."""

    edges: tuple[Edge[Item], ...]
    has_next: bool
    has_previous: bool


def encode(*place: str | int) -> str:
    """The cursor of a place."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[Any]:
    """The place of a cursor, of those kinds; raises InvalidInput for one that was not given out for this list."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds):
        raise malformed(cursor)
    if not all(map(_is_kept, place)):
        raise malformed(cursor)
    return place


def _is_kept(part: str | int) -> bool:
    return storable(part) if isinstance(part, str) else -INTEGER <= part < INTEGER


def malformed(cursor: str) -> InvalidInput:
    return InvalidInput(Problem(("after",), Fault.MALFORMED_CURSOR, actual=cursor[:40]))


def milliseconds(moment: datetime) -> int:
    """Since 1970, as the database keeps times."""
    return (moment - EPOCH) // MILLISECOND


def moment(milliseconds: int) -> datetime:
    try:
        return EPOCH + milliseconds * MILLISECOND
    except OverflowError:
        raise malformed(str(milliseconds)) from None


def beyond(field: str, value: object, last_id: str, *, descending: bool) -> tuple[Document, Document]:
    """What comes after (value, id) in the order of *field* and then _id: what is level with it, then all the rest.

    Two questions, for the database may answer a single one by reading everything that is level with the place.
    """
    past = "$lt" if descending else "$gt"
    return {field: value, "_id": {past: last_id}}, {field: {past: value}}


def beyond_moment(field: str, cursor: str | None, *, descending: bool) -> Iterable[Document]:
    """What comes after the cursor of a place in the order of a moment; everything without one.

    Raises InvalidInput for a cursor of another list.
    """
    if cursor is None:
        return ({},)
    at, last_id = decode(cursor, int, str)
    return beyond(field, moment(at), last_id, descending=descending)


async def read(
    parts: Iterable[Document], limit: int, find: Callable[[Document, int], Awaitable[list[Document]]]
) -> list[Document]:
    """The first *limit* documents that lie in *parts*, one part after the other, each asked for when it is needed."""
    found: list[Document] = []
    for part in parts:
        found += await find(part, limit - len(found))
        if len(found) == limit:
            break
    return found


def page(edges: Sequence[Edge[Item]], first: int, after: str | None) -> Page[Item]:
    """The page of the first *first* of edges that were read one further."""
    return Page(tuple(edges[:first]), len(edges) > first, after is not None)
