"""What the documents share: their type, actors, positions, and fields that may be absent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from domain.actors import Actor, ActorKind
from domain.leads import Position

Document = dict[str, Any]
UNZONED_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - as the driver reads moments
EPOCH = UNZONED_EPOCH.replace(tzinfo=UTC)


def present(**fields: object) -> Document:
    return {name: value for name, value in fields.items() if value is not None}


def to_moment(moment: datetime) -> datetime:
    """A moment as it is kept, which is in UTC: that the driver says so itself takes most of its time to read one."""
    # By a sum, for `replace` takes ten times as long.
    return moment if moment.tzinfo else EPOCH + (moment - UNZONED_EPOCH)


def from_actor(actor: Actor) -> Document:
    return {"kind": actor.kind.value, "name": actor.name}


def to_actor(document: Mapping[str, Any]) -> Actor:
    return _actor(document["kind"], document["name"])


def from_position(position: Position) -> Document:
    return {"score": position.score, "level": position.level, "level_set": position.level_set}


def to_position(document: Mapping[str, Any]) -> Position:
    return _position(document["score"], document["level"], document["level_set"])


# With every lead and every change the same few are read: what nobody can change is made once.
@lru_cache(maxsize=10_000)
def _actor(kind: str, name: str) -> Actor:
    return Actor(ActorKind(kind), name)


_position = lru_cache(maxsize=10_000)(Position)
