"""The bounds of every input, and the checks that hold them: each yields the problems it finds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from domain.errors import Fault, Problem

NAME = 200  # a person's or company's name, with room; longer is a paste in the wrong field
EMAIL = 320  # 64 + "@" + 255: RFC 3696
KIND = 64
KEY = 255  # what payment systems allow for an idempotency key
REASON = 1_000
TAGS = 100  # tags on one lead; more is a property that wants a name
JSON_BYTES = 100_000  # of one activity's properties or one lead's attributes; rivals document 100 KB
JSON_DEPTH = 10
BULK = 1_000  # items in one bulk mutation: one transaction's comfortable size
POINTS = 1_000_000  # either way, of one rule or adjustment
SCORE = 2_000_000_000  # either way; a GraphQL Int ends at 2,147,483,647
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)  # what is older is a clock that was never set
AHEAD = timedelta(days=1)  # clocks and time zones differ; more is a mistake
FORESEEN = timedelta(days=3_650)  # how far ahead points may expire, and trials lie: longer than any plan
INTEGER = 2**63  # what the store's 64-bit whole numbers hold

_UPPER_SNAKE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")

Path = tuple[str, ...]
Problems = tuple[Problem, ...]


def text(path: Path, value: str | None, limit: int) -> Problems:
    """At most *limit* characters that can be stored, and not blank; None is no text and passes."""
    if value is None:
        return ()
    if not value or value.isspace():
        return (Problem(path, Fault.EMPTY),)
    if len(value) > limit:
        return long(path, len(value), limit)
    return () if storable(value) else (Problem(path, Fault.NOT_STORABLE),)


def long(path: Path, size: int, limit: int) -> Problems:
    """At most *limit* characters."""
    return (Problem(path, Fault.TOO_LONG, limit, size),) if size > limit else ()


def storable(value: str) -> bool:
    """Half a surrogate pair is legal JSON, but no text: it has no UTF-8 form."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def kind(path: Path, value: str) -> Problems:
    """An UPPER_SNAKE word of at most 64 characters."""
    if len(value) <= KIND and _UPPER_SNAKE.fullmatch(value):
        return ()
    return text(path, value, KIND) or (Problem(path, Fault.NOT_UPPER_SNAKE, actual=value),)


def points(path: Path, value: int) -> Problems:
    """A whole number other than 0 within ±1,000,000."""
    if value == 0:
        return (Problem(path, Fault.ZERO),)
    return whole(path, value, -POINTS, POINTS)


def moment(path: Path, value: object, now: datetime | None = None, ahead: timedelta = AHEAD) -> Problems:
    """A time with an offset, not before 2 January 1970; with *now* given, at most a day ahead of it, or as given.

    None passes.
    """
    if value is None:
        return ()
    if not isinstance(value, datetime):
        return (Problem(path, Fault.NOT_A_MOMENT, actual=value),)
    if value.tzinfo is None:
        return (Problem(path, Fault.NO_OFFSET, actual=value.isoformat()),)
    if value < EARLIEST:
        return (Problem(path, Fault.OUT_OF_RANGE, (EARLIEST.isoformat(), "now"), value.isoformat()),)
    if now is not None and value - ahead > now:
        return (Problem(path, Fault.TOO_FAR_AHEAD, ahead, value.isoformat()),)
    return ()


def count(path: Path, size: int, limit: int) -> Problems:
    """At most *limit* items."""
    return (Problem(path, Fault.TOO_MANY, limit, size),) if size > limit else ()


def whole(path: Path, value: int | None, low: int, high: int) -> Problems:
    """A whole number from *low* to *high*; None passes."""
    if value is None or low <= value <= high:
        return ()
    return (Problem(path, Fault.OUT_OF_RANGE, (low, high), value),)


def document(path: Path, value: object) -> Problems:
    """A JSON object of at most 100,000 bytes as UTF-8 and 10 levels, of values that the store can hold."""
    if not isinstance(value, Mapping):
        return (Problem(path, Fault.NOT_AN_OBJECT),)
    if not value:
        return ()
    faults: dict[Fault, Problem] = {}
    for problem in _within(path, value, 1):
        faults.setdefault(problem.fault, problem)  # one of a kind tells enough
    if faults:
        return tuple(faults.values())
    size = _json_bytes(value)
    return (Problem(path, Fault.TOO_LARGE, JSON_BYTES, size),) if size > JSON_BYTES else ()


def _json_bytes(value: object) -> int:
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(written) if written.isascii() else len(written.encode())


def _within(path: Path, value: object, depth: int) -> Iterator[Problem]:
    """What is wrong inside of a value that stands *depth* objects and lists deep."""
    if isinstance(value, str):
        if not storable(value):
            yield Problem(path, Fault.NOT_STORABLE)
    elif isinstance(value, Mapping | list):
        yield from _inside(path, value, depth)
    elif isinstance(value, int | float) and not is_kept(value):
        yield Problem(path, Fault.NOT_STORABLE)


def is_kept(number: float) -> bool:
    """Whether it is a number that the store can hold."""
    # Infinity and NaN are no JSON, and a parser may have made a float of a whole number that is too long.
    return -INTEGER < number < INTEGER or (isinstance(number, int) and number == -INTEGER)


def _inside(path: Path, value: Mapping[str, object] | list[object], depth: int) -> Iterator[Problem]:
    if depth > JSON_DEPTH:
        yield Problem(path, Fault.TOO_DEEP, JSON_DEPTH)
        return
    for name, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
        step = str(name)
        if isinstance(name, str) and not _is_field_name(name):
            step = ascii(name)
            yield Problem((*path, step), Fault.NOT_STORABLE)
        yield from _within((*path, step), inner, depth + 1)


def _is_field_name(name: str) -> bool:
    # An empty name and "$…" would be read as an operator by the store, and NUL ends a name there.
    return name != "" and name[0] != "$" and "\0" not in name and storable(name)
