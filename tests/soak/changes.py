"""Numbered changes, and the operations that ask for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.soak.tenants import DIMENSIONS, POINTS, Json

REACH = 25  # points away from 0 to which one writer takes a lead

ADJUST = """mutation($input: AdjustScoreInput!) { adjustScore(input: $input) {
  __typename ... on AdjustScorePayload { duplicate } ... on UserError { message } } }"""
ADJUST_MANY = """mutation($input: AdjustScoresInput!) { adjustScores(input: $input) {
  ... on AdjustScoresPayload { results {
    __typename ... on AdjustScorePayload { duplicate } ... on UserError { message } } } } }"""
ACT = """mutation($input: RecordActivityInput!) { recordActivity(input: $input) {
  __typename ... on RecordActivityPayload { duplicate } ... on UserError { message } } }"""


@dataclass(frozen=True, slots=True)
class Change:
    """Its key is its name in the history: of the activity, or as the adjustment's reason."""

    key: str
    lead: str
    dimension: str
    delta: int
    kind: str | None = None

    @property
    def input(self) -> Json:
        lead = {"externalId": self.lead}
        if self.kind:
            return {"lead": lead, "activity": {"kind": self.kind, "key": self.key}}
        given = {"dimension": self.dimension, "delta": self.delta}
        return {"lead": lead, **given, "key": self.key, "reason": self.key}


class Numbered:
    """Draws change after change of some leads, whose scores stay about 0 by it."""

    def __init__(self, name: str, leads: Sequence[str], random: Random) -> None:
        self.drawn: list[Change] = []
        self._name = name
        self._leads = leads
        self._random = random
        self._given: Counter[tuple[str, str]] = Counter()

    def next(self, *, may_act: bool = True) -> Change:
        lead, dimension = self._random.choice(self._leads), self._random.choice(DIMENSIONS)
        delta, kind = self._random.choice([5, 20, 30, 55]), None
        if may_act and self._random.random() < 0.3:
            dimension, delta, kind = "ENGAGEMENT", POINTS["STEPPED_UP"], "STEPPED_UP"
        if self._given[lead, dimension] + delta > REACH:
            delta, kind = -delta, kind and "STEPPED_DOWN"
        self._given[lead, dimension] += delta
        change = Change(f"{self._name}-{len(self.drawn) + 1}", lead, dimension, delta, kind)
        self.drawn.append(change)
        return change


def operation(changes: Sequence[Change]) -> tuple[str, Json]:
    """The document and the input that ask for them: of one of any kind, or of several adjustments."""
    if len(changes) > 1:
        return ADJUST_MANY, {"adjustments": [each.input for each in changes]}
    (change,) = changes
    return (ACT if change.kind else ADJUST), change.input
