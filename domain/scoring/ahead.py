"""When time will move a score next.

Between two moments at which points are lost at once, a score is a smooth function of time; so it need not be looked at
often to be right at the moment that matters, which is when the lead leaves its level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import fsum

from domain.bounds import FORESEEN
from domain.contributions import DAY, INACTIVITY, Contribution, Halving, idle_loss
from domain.leads import Lead, Position
from domain.levels import DIMENSIONS, Dimension, ScoreRange
from domain.rules import RuleSet
from domain.scoring.passing import EPOCH, later, next_idle, passed
from domain.scoring.terms import Outcome, Scoring
from domain.values import dataclass, replace

SECOND = timedelta(seconds=1)
STEPS = 1_000  # losses looked past to find the next fall: a moment's work
HALF = 0.5  # of a point: what is less can no longer change a whole score by itself


def scheduled(lead: Lead, scoring: Scoring, now: datetime) -> Lead:
    """The lead, to which time has done all it does until now, and the moment when it will do more."""
    now = max(now, lead.settled_at)
    if scoring.rules.inactivity is None and not lead.is_timed:
        return replace(lead, settled_at=now, due_at=None)
    if lead.settled_at != now:
        lead = replace(lead, settled_at=now)
    at = due(lead, scoring)
    return lead if at == lead.due_at else replace(lead, due_at=at)


def stepped(lead: Lead, scoring: Scoring, now: datetime) -> Outcome:
    """The lead with what is due, and the moment when more will be; itself where that is as it was."""
    at = due(lead, scoring)  # anew: `lead.due_at` may be of other levels or another policy
    if at is None or at > now:
        if at == lead.due_at:
            return Outcome(lead, scoring)
        return Outcome(replace(lead, due_at=at, version=lead.version + 1), scoring)
    outcome = passed(lead, scoring, now)
    after = scheduled(outcome.lead, scoring, now)
    if after.version == lead.version:
        after = replace(after, version=lead.version + 1)
    return Outcome(after, scoring, told=outcome.told)


def due(lead: Lead, scoring: Scoring) -> datetime | None:
    """When time is to be told next: at a loss, when a level is left, or else once a day; None is never."""
    found = [_due(lead, dimension, scoring) for dimension in DIMENSIONS]
    return _soonest([at for at in found if at])


def _due(lead: Lead, dimension: Dimension, scoring: Scoring) -> datetime | None:
    loss = _next_loss(lead, dimension, scoring)
    if not lead.standing(dimension).is_halving:
        return loss
    curve = Curve.of(lead, dimension, scoring)
    end = curve.since + FORESEEN
    until, day = min(loss or end, end), min(curve.since + DAY, loss or end)
    moves = curve.leaves(ScoreRange(curve.score, curve.score), until)
    if moves is None:
        return loss or (end if curve.moves_after(end) else None)
    if moves >= day:
        return moves
    return curve.leaves(scoring.levels[dimension].around(curve.score), day) or day


def _next_loss(lead: Lead, dimension: Dimension, scoring: Scoring) -> datetime | None:
    """When points are next lost at once: they expire, or the lead was inactive for too long."""
    standing, inactivity = lead.standing(dimension), scoring.rules.inactivity
    losses = [each.expiring[0].at for each in standing.contributions.values() if each.expiring]
    idle = next_idle(lead, dimension, scoring)
    if idle and inactivity and (inactivity.loss(standing.score, scoring.rules.floor) or standing.may_rise):
        losses.append(idle)
    return _soonest(losses)


def _soonest(moments: Sequence[datetime]) -> datetime | None:
    return min(moments) if moments else None  # min's own default makes it thrice as slow


def upcoming(lead: Lead, dimension: Dimension, scoring: Scoring) -> tuple[Position, datetime] | None:
    """Where the lead will next stand in another level, and when, if nothing but time happens.

    It is looked FORESEEN ahead, but past no more than STEPS losses; None is not until then.
    """
    levels = scoring.levels[dimension]
    here, end = levels.around(lead.standing(dimension).score), lead.settled_at + FORESEEN
    for _ in range(STEPS):
        loss = _next_loss(lead, dimension, scoring)
        at = Curve.of(lead, dimension, scoring).leaves(here, min(loss or end, end)) or loss
        if at is None or at > end:
            return None
        lead = later(lead, dimension, scoring, at)
        score = lead.standing(dimension).score
        if score not in here:
            return scoring.position(dimension, score), at
    return None


@dataclass(frozen=True, slots=True)
class Curve:
    """A score as a smooth function of time, from `since` to the next loss: `steady` points, and those that halve.

    `idle` is what was lost by inactivity, of as many points as there are.
    """

    score: int
    since: datetime
    steady: float
    halving: tuple[Halving, ...]
    idle: int
    rules: RuleSet

    @classmethod
    def of(cls, lead: Lead, dimension: Dimension, scoring: Scoring) -> Curve:
        standing, since = lead.standing(dimension), lead.settled_at
        given = [each for source, each in standing.contributions.items() if source != INACTIVITY]
        alike: dict[int, list[Halving]] = defaultdict(list)
        for part in (part for each in given for part in each.halving):
            alike[part.half_life].append(part)
        halving = tuple(part for each in alike.values() if (part := _together(each, since)).value)
        steady = sum(each.points + sum(part.points for part in each.expiring) for each in given)
        idle = standing.contributions.get(INACTIVITY, Contribution("")).points
        return cls(standing.score, since, steady, halving, idle, scoring.rules)

    def leaves(self, scores: ScoreRange, until: datetime) -> datetime | None:
        """The first whole second, up to *until*, in which the score is none of *scores*; None if it stays."""
        if not self.halving:
            return None
        low, last = _second(self.since), _second(until)
        step = DAY // SECOND
        while low < last:
            high = min(low + step, last)
            if (found := self._leaves(scores, low, high)) is not None:
                return EPOCH + found * SECOND
            low, step = high, step * 2
        return None

    def moves_after(self, moment: datetime) -> bool:
        """Whether the score may be another some time after that."""
        left = fsum(abs(each.worth(moment)) for each in self.halving)
        return bool(self.halving) and (left >= HALF or self._shown(self.steady) != self.score)

    def _leaves(self, scores: ScoreRange, low: int, high: int) -> int | None:
        """The first second after *low* and up to *high*; halved as long as it cannot be ruled out."""
        if all(score in scores for score in self._extent(low, high)):
            return None
        if high - low > 1:
            middle = (low + high) // 2
            found = self._leaves(scores, low, middle)
            return self._leaves(scores, middle, high) if found is None else found
        return None if self._extent(high, high)[0] in scores else high

    def _extent(self, low: int, high: int) -> tuple[int, int]:
        """Scores between which it stays."""
        early, late = EPOCH + low * SECOND, EPOCH + high * SECOND
        at_ends = [[each.worth(at) for each in self.halving] for at in (early, late)]
        if self._is_monotone(*at_ends):
            ends = [self._shown(fsum((self.steady, *each))) for each in at_ends]
            return min(ends), max(ends)
        # What was given falls towards 0, what was taken rises towards it.
        least = [min(ends) for ends in zip(*at_ends, strict=True)]
        most = [max(ends) for ends in zip(*at_ends, strict=True)]
        return self._shown(fsum((self.steady, *least))), self._shown(fsum((self.steady, *most)))

    def _is_monotone(self, early: Sequence[float], late: Sequence[float]) -> bool:
        """Whether it only falls or only rises: the slope of each part is -points/half-life, and flattens."""
        slopes = [
            sorted((-first / part.half_life, -last / part.half_life))
            for part, first, last in zip(self.halving, early, late, strict=True)
        ]
        return fsum(low for low, _ in slopes) >= 0 or fsum(high for _, high in slopes) <= 0

    def _shown(self, points: float) -> int:
        return self.rules.allowed(self.score, round(points + idle_loss(self.idle, points)))


def _together(alike: Sequence[Halving], at: datetime) -> Halving:
    """Parts of one half-life as one."""
    if len(alike) == 1:
        return alike[0]
    return Halving(alike[0].half_life, fsum(part.worth(at) for part in alike), at)


def _second(moment: datetime) -> int:
    """The last whole second that has begun."""
    return (moment - EPOCH) // SECOND
