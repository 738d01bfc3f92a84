"""Automations: what is to happen when a lead enters or leaves a level, or its score crosses a threshold."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum

from domain import bounds, templating
from domain.actors import Actor, ActorKind
from domain.bounds import Path
from domain.conditions import Condition
from domain.conditions import problems as condition_problems
from domain.errors import Fault, Problem, refuse
from domain.levels import Dimension, LevelSet
from domain.values import dataclass, field, replace

AUTOMATIONS = 100  # of a workspace: each is held against every change
ACTIONS = 10  # of one automation
COOLDOWN = 315_360_000  # seconds: ten years
URL = 2_000  # characters: what every browser and proxy still takes
SUBJECT = 200  # characters of an email's subject
HOPS = 5  # automations that set off each other in a row: what is longer is a circle
PREFIX = "whsec_"  # how a secret of Standard Webhooks begins: 24 to 64 bytes in base64 follow
SECRET_BYTES = 24, 64
# Who an edit is by that nobody made: what it says of itself is what its readers see.
GONE = Actor(ActorKind.SYSTEM, "Tierwire, since its target answered 410 Gone")
RETIRES = timedelta(days=1)  # for which a secret is valid beside the one that took its place


class AutomationEvent(Enum):
    """What an automation waits for."""

    TIER_ENTERED = "TIER_ENTERED"
    TIER_LEFT = "TIER_LEFT"
    TIER_MOVED = "TIER_MOVED"
    SCORE_REACHED = "SCORE_REACHED"
    SCORE_DROPPED_BELOW = "SCORE_DROPPED_BELOW"


class ActionKind(Enum):
    """What an automation does."""

    WEBHOOK = "WEBHOOK"
    SLACK = "SLACK"
    EMAIL = "EMAIL"
    ADJUST_SCORE = "ADJUST_SCORE"
    ADD_TAG = "ADD_TAG"
    REMOVE_TAG = "REMOVE_TAG"

    @property
    def is_outward(self) -> bool:
        """Whether it reaches somebody else, and not the lead itself."""
        return self in {ActionKind.WEBHOOK, ActionKind.SLACK, ActionKind.EMAIL}


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event in a dimension.

    TIER_ENTERED and TIER_LEFT name the `level`; TIER_MOVED the level left, the level entered, or both. SCORE_REACHED is
    the crossing of `threshold` upwards, and is armed again when the score is below `rearm_at`; SCORE_DROPPED_BELOW is
    its mirror image, armed again when the score is at `rearm_at` or above. `rearm_at` None is the threshold itself.
    """

    event: AutomationEvent
    dimension: Dimension = Dimension.ENGAGEMENT
    level: str | None = None
    from_level: str | None = None
    to_level: str | None = None
    threshold: int | None = None
    rearm_at: int | None = None

    @property
    def is_of_levels(self) -> bool:
        return self.event not in {AutomationEvent.SCORE_REACHED, AutomationEvent.SCORE_DROPPED_BELOW}

    @property
    def levels(self) -> tuple[tuple[str, str], ...]:
        """The names of levels that it waits for, each with the name of its field."""
        named = {"level": self.level, "fromLevel": self.from_level, "toLevel": self.to_level}
        return tuple((field, name) for field, name in named.items() if name is not None)


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done, and how; which fields an action has is said by its kind.

    A secret never shows in a `repr`; the one it took the place of is valid beside it for a day from `retired_at` on.
    """

    kind: ActionKind
    url: str | None = None
    to: str | None = None
    subject: str | None = None
    template: str | None = None
    points: int | None = None
    tag: str | None = None
    secret: str | None = field(default=None, repr=False)
    retired_secret: str | None = field(default=None, repr=False)
    retired_at: datetime | None = None

    @property
    def address(self) -> tuple[ActionKind, str | None]:
        """What it has in common with whom it may take the place of."""
        return self.kind, self.url

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Those that are valid: its own first, then the one that it took the place of less than a day ago."""
        is_valid = self.retired_at is not None and now - self.retired_at < RETIRES
        return tuple(filter(None, (self.secret, self.retired_secret if is_valid else None)))


@dataclass(frozen=True, slots=True)
class Plan:
    """An automation as it is asked for."""

    name: str
    trigger: Trigger
    actions: tuple[Action, ...]
    is_enabled: bool = True
    condition: Condition | None = None
    once_per_lead: bool = False
    cooldown: int | None = None


@dataclass(frozen=True, slots=True)
class Automation:
    """A plan in force: its id is stable across versions, and every edit makes the next."""

    id: str
    version: int
    plan: Plan
    created_by: Actor
    updated_at: datetime

    @property
    def remembers(self) -> bool:
        """Whether a lead must remember that it was set off: without, every crossing counts."""
        trigger, plan = self.plan.trigger, self.plan
        return (
            plan.once_per_lead
            or plan.cooldown is not None
            or trigger.rearm_at not in (None, trigger.threshold)
        )

    def calls(self, action: Action) -> bool:
        """Whether one of its actions is of that kind and to that address."""
        return action.address in {each.address for each in self.plan.actions}

    def edited(self, plan: Plan, at: datetime) -> Automation:
        """The next version; an action of a kind and to an address that it had keeps its secret where none is given."""
        before = _before(self.plan.actions, plan.actions)
        actions = tuple(_keeping(*each, at) for each in zip(plan.actions, before, strict=True))
        return replace(self, version=self.version + 1, plan=replace(plan, actions=actions), updated_at=at)


def _before(had: Iterable[Action], actions: Sequence[Action]) -> Sequence[Action | None]:
    """Whose place each of the actions takes, of those to its address: that with its secret, or the next in order."""
    left = list(had)
    before: list[Action | None] = [None] * len(actions)
    for by_secret in (True, False):
        for place, action in enumerate(actions):
            if before[place] is None and (found := _like(action, left, by_secret=by_secret)):
                left.remove(found)
                before[place] = found
    return before


def _like(action: Action, left: Iterable[Action], *, by_secret: bool) -> Action | None:
    wanted = (each for each in left if each.address == action.address)
    if by_secret:
        wanted = (each for each in wanted if each.secret and each.secret == action.secret)
    return next(wanted, None)


def _keeping(action: Action, before: Action | None, at: datetime) -> Action:
    """The action with the secrets of the one that it takes the place of."""
    if before is None or before.secret is None:
        return action
    if action.secret in (None, before.secret):
        retired, since = before.retired_secret, before.retired_at
        return replace(action, secret=before.secret, retired_secret=retired, retired_at=since)
    return replace(action, retired_secret=before.secret, retired_at=at)


# The fields that each kind of action has, those that it must have first.
_FIELDS: dict[ActionKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ActionKind.WEBHOOK: (("url",), ("secret",)),
    ActionKind.SLACK: (("url",), ("template",)),
    ActionKind.EMAIL: (("to", "subject", "template"), ()),
    ActionKind.ADJUST_SCORE: (("points",), ()),
    ActionKind.ADD_TAG: (("tag",), ()),
    ActionKind.REMOVE_TAG: (("tag",), ()),
}
_OF_ACTIONS = ("url", "to", "subject", "template", "points", "tag", "secret")
_OF_EVENTS: dict[AutomationEvent, tuple[str, ...]] = {
    AutomationEvent.TIER_ENTERED: ("level",),
    AutomationEvent.TIER_LEFT: ("level",),
    AutomationEvent.TIER_MOVED: ("from_level", "to_level"),
    AutomationEvent.SCORE_REACHED: ("threshold", "rearm_at"),
    AutomationEvent.SCORE_DROPPED_BELOW: ("threshold", "rearm_at"),
}
_NAMES = {
    "level": "level",
    "from_level": "fromLevel",
    "to_level": "toLevel",
    "threshold": "threshold",
    "rearm_at": "rearmAt",
}


def checked(plan: Plan, levels: LevelSet) -> Plan:
    """The plan, tidied; raises InvalidInput for all that is wrong with it by the levels of its dimension."""
    refuse(_problems(plan, levels))
    return replace(plan, name=plan.name.strip())


def _problems(plan: Plan, levels: LevelSet) -> Iterator[Problem]:
    at: Path = ("automation",)
    yield from bounds.text((*at, "name"), plan.name, bounds.NAME)
    yield from _of_trigger((*at, "trigger"), plan.trigger, levels)
    if plan.condition is not None:
        yield from condition_problems((*at, "condition"), plan.condition, activity=False)
    yield from bounds.whole((*at, "cooldownSeconds"), plan.cooldown, 1, COOLDOWN)
    yield from _of_actions((*at, "actions"), plan.actions)


def _of_trigger(path: Path, trigger: Trigger, levels: LevelSet) -> Iterator[Problem]:
    mine = _OF_EVENTS[trigger.event]
    for name, shown in _NAMES.items():
        if name not in mine and getattr(trigger, name) is not None:
            yield Problem((*path, shown), Fault.NOT_OF_EVENT, trigger.event.value)
    # Either end of a move will do, but nothing stands in for a threshold.
    needed = mine if trigger.is_of_levels else mine[:1]
    if all(getattr(trigger, name) is None for name in needed):
        yield Problem((*path, _NAMES[mine[0]]), Fault.EMPTY)
    known = tuple(each.name for each in levels.levels)
    for shown, name in trigger.levels:
        if levels.named(name) is None:
            yield Problem((*path, shown), Fault.UNKNOWN_LEVEL, known, name)
    yield from bounds.whole((*path, "threshold"), trigger.threshold, -bounds.SCORE, bounds.SCORE)
    yield from _of_rearming((*path, "rearmAt"), trigger)


def _of_rearming(path: Path, trigger: Trigger) -> Iterator[Problem]:
    if trigger.threshold is None or trigger.rearm_at is None:
        return
    if trigger.event is AutomationEvent.SCORE_REACHED:
        yield from bounds.whole(path, trigger.rearm_at, -bounds.SCORE, trigger.threshold)
    else:
        yield from bounds.whole(path, trigger.rearm_at, trigger.threshold, bounds.SCORE)


def _of_actions(path: Path, actions: Sequence[Action]) -> Iterator[Problem]:
    if not actions:
        yield Problem(path, Fault.EMPTY)
    yield from bounds.count(path, len(actions), ACTIONS)
    for at, action in enumerate(actions[:ACTIONS]):
        yield from _of_action((*path, str(at)), action)


def _of_action(path: Path, action: Action) -> Iterator[Problem]:
    wanted, allowed = _FIELDS[action.kind]
    for name in _OF_ACTIONS:
        value = getattr(action, name)
        if name in wanted and value is None:
            yield Problem((*path, name), Fault.EMPTY)
        elif value is not None and name not in (*wanted, *allowed):
            yield Problem((*path, name), Fault.NOT_OF_ACTION, action.kind.value)
    yield from bounds.text((*path, "url"), action.url, URL)
    yield from templating.problems((*path, "to"), action.to, bounds.EMAIL)
    yield from templating.problems((*path, "subject"), action.subject, SUBJECT)
    yield from templating.problems((*path, "template"), action.template)
    if action.points is not None:
        yield from bounds.points((*path, "points"), action.points)
    yield from bounds.text((*path, "tag"), action.tag, bounds.NAME)
    if action.secret is not None and not _is_secret(action.secret):
        yield Problem((*path, "secret"), Fault.NOT_WHSEC, SECRET_BYTES)


def _is_secret(secret: str) -> bool:
    """As Standard Webhooks has it: `whsec_` and 24 to 64 bytes in base64."""
    try:
        content = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith(PREFIX) and SECRET_BYTES[0] <= len(content) <= SECRET_BYTES[1]
