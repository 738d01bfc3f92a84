"""What a resolver is given: who asks, and the parts of the house it may call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import strawberry
from strawberry.dataloader import DataLoader

from api.deliveries.targets import Targets
from api.errors import Denied
from api.live.boards import Boards
from api.live.hub import Hub
from api.live.readings import Readings
from domain.actors import Actor, Role, Viewer
from domain.changes import Activity
from domain.leads import Lead
from domain.scoring import Scoring
from persistence.automations import Automations
from persistence.configuration import Configuration, Editor
from persistence.corrections import Corrections
from persistence.deliveries import Deliveries
from persistence.foresight import Foresight
from persistence.health import Health
from persistence.history import History
from persistence.jobs import Jobs
from persistence.leads import Leads
from persistence.ledger import Ledger
from persistence.levels import LevelSets
from persistence.quickstart import QuickStart
from persistence.rehearsal import Rehearsals
from persistence.rules import RuleSets
from persistence.scores import Scores
from persistence.workspaces import Keys


@dataclass(frozen=True, slots=True)
class House:
    """Everything that is opened with the application and shared by all requests."""

    configuration: Configuration
    leads: Leads
    history: History
    level_sets: LevelSets
    rule_sets: RuleSets
    scores: Scores
    jobs: Jobs
    automations: Automations
    targets: Targets
    deliveries: Deliveries
    corrections: Corrections
    rehearsals: Rehearsals
    foresight: Foresight
    quick_start: QuickStart
    ledger: Ledger
    keys: Keys
    health: Health
    hub: Hub
    boards: Boards
    readings: Readings
    clock: Callable[[], datetime]


@dataclass(slots=True)
class Context:
    """One operation's, or one frame's of a live one; nothing here remembers what was read.

    `position` is where a client goes on that says so by itself, whatever it was given as `after`.
    """

    house: House
    viewer: Viewer | None = None
    position: str | None = None
    _leads: DataLoader[str, Lead | None] = field(init=False)
    _activities: DataLoader[str, Activity | None] = field(init=False)

    def __post_init__(self) -> None:
        self._leads = DataLoader(self._load_leads, cache=False)
        self._activities = DataLoader(self._load_activities, cache=False)

    def allow(self, role: Role) -> Viewer:
        """The viewer, if they have at least that role; raises Denied."""
        if self.viewer is None:
            raise Denied("UNAUTHENTICATED", "this needs an API key: send Authorization: Bearer tw_…")
        if not self.viewer.role.covers(role):
            raise Denied(
                "FORBIDDEN",
                f"the key {self.viewer.actor.name!r} has the role {self.viewer.role.value}; this needs {role.value}",
            )
        return self.viewer

    @property
    def workspace(self) -> str:
        """The id of the viewer's workspace, the only one they see."""
        return self.allow(Role.VIEWER).workspace.id

    @property
    def actor(self) -> Actor:
        return self.allow(Role.VIEWER).actor

    def editor(self, comment: str | None, expected: int | None) -> Editor:
        """The viewer as editor of the configuration, now; raises Denied to who is none."""
        return Editor(self.allow(Role.EDITOR).actor, self.house.clock(), comment, expected)

    async def scoring(self) -> Scoring:
        """The levels and rules in force now."""
        return await self.house.configuration.scoring(self.workspace)

    async def lead(self, lead_id: str) -> Lead | None:
        """The lead of that id as it is now; those asked for together are read together."""
        return await self._leads.load(lead_id)

    async def activity(self, activity_id: str) -> Activity | None:
        return await self._activities.load(activity_id)

    async def _load_leads(self, ids: list[str]) -> list[Lead | None]:
        found = await self.house.leads.by_ids(self.workspace, ids)
        return [found.get(each) for each in ids]

    async def _load_activities(self, ids: list[str]) -> list[Activity | None]:
        found = await self.house.history.activities_by_ids(self.workspace, ids)
        return [found.get(each) for each in ids]


Info = strawberry.Info[Context, None]
