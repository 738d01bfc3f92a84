"""Who acts: actors, their roles, and the viewer behind a request."""

from __future__ import annotations

from enum import Enum

from domain.values import dataclass


class Role(Enum):
    """What a viewer may do; each role may all that the ones before it may."""

    VIEWER = "VIEWER"
    INTEGRATION = "INTEGRATION"
    EDITOR = "EDITOR"
    OWNER = "OWNER"

    def covers(self, needed: Role) -> bool:
        return _RANKS[self] >= _RANKS[needed]


_RANKS = {role: rank for rank, role in enumerate(Role)}


class ActorKind(Enum):
    USER = "USER"
    API_KEY = "API_KEY"
    SYSTEM = "SYSTEM"
    AUTOMATION = "AUTOMATION"


@dataclass(frozen=True, slots=True)
class Actor:
    """The name a change is signed with."""

    kind: ActorKind
    name: str


SYSTEM = Actor(ActorKind.SYSTEM, "Tierwire")


@dataclass(frozen=True, slots=True)
class Workspace:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, in which workspace, with which role; `credential` tells one key from another."""

    workspace: Workspace
    actor: Actor
    role: Role
    credential: str

    def is_as(self, other: Viewer | None) -> bool:
        """Whether the other, if there is one, may see and do the same."""
        return other is not None and (self.workspace.id, self.role) == (other.workspace.id, other.role)
