"""What the demo tells: levels and rules as a sales team would have them, and what leads do, one step at a time.

The same steps make the weeks that lie behind and what happens live. They are weighed so that leads rise and fall in
balance: about sixty in a hundred are Cold, and six are Very Hot, however long the demo runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from api.command.demo.people import Person
from domain.levels import Dimension, Level

LEVELS: Mapping[Dimension, tuple[Level, ...]] = {
    Dimension.ENGAGEMENT: (
        Level("Cold", 0, 24, "#3b82f6", "Nurture by newsletter"),
        Level("Warm", 25, 49, "#f59e0b", "Invite to a webinar"),
        Level("Hot", 50, 74, "#ef4444", "Call this week"),
        Level("Very Hot", 75, None, "#b91c1c", "Call today, offer an appointment"),
    ),
    Dimension.PROFILE: (
        Level("Poor Fit", None, 14, "#94a3b8", "Leave to self-service"),
        Level("Possible Fit", 15, 29, "#64748b", "Ask for the size of the team"),
        Level("Good Fit", 30, 44, "#22c55e", "Assign to a sales person"),
        Level("Ideal Fit", 45, None, "#15803d", "Assign to a senior sales person"),
    ),
}

RULES: Mapping[str, tuple[str, int]] = {
    "EMAIL_OPENED": ("Email opened", 2),
    "LINK_CLICKED": ("Link clicked", 5),
    "FORM_SUBMITTED": ("Form submitted", 10),
    "WEBINAR_ATTENDED": ("Webinar attended", 15),
    "PRICING_PAGE_VISITED": ("Pricing page visited", 15),
    "DEMO_REQUESTED": ("Demo requested", 25),
    "SMS_REPLIED": ("SMS replied", 10),
    "APPOINTMENT_BOOKED": ("Appointment booked", 20),
    "APPOINTMENT_CONFIRMED": ("Appointment confirmed", 10),
    "APPOINTMENT_MISSED": ("Appointment missed", -20),
    "WENT_QUIET": ("No reply to three messages", -15),
    "PROPOSAL_DECLINED": ("Proposal declined", -50),
    "UNSUBSCRIBED": ("Unsubscribed", -40),
}

# What a lead does next, by its score, and how often among a lead's steps.
_COLD = {
    "EMAIL_OPENED": 6,
    "LINK_CLICKED": 6,
    "FORM_SUBMITTED": 4,
    "WEBINAR_ATTENDED": 3,
    "PRICING_PAGE_VISITED": 3,
    "WENT_QUIET": 3,
    "UNSUBSCRIBED": 1,
}
_WARM = {
    "EMAIL_OPENED": 1,
    "LINK_CLICKED": 3,
    "FORM_SUBMITTED": 2,
    "WEBINAR_ATTENDED": 2,
    "PRICING_PAGE_VISITED": 4,
    "DEMO_REQUESTED": 2,
    "WENT_QUIET": 7,
    "UNSUBSCRIBED": 2,
}
_HOT = {
    "LINK_CLICKED": 1,
    "PRICING_PAGE_VISITED": 2,
    "DEMO_REQUESTED": 3,
    "SMS_REPLIED": 2,
    "APPOINTMENT_BOOKED": 3,
    "APPOINTMENT_MISSED": 4,
    "WENT_QUIET": 5,
    "UNSUBSCRIBED": 1,
}
_VERY_HOT = {
    "PRICING_PAGE_VISITED": 1,
    "SMS_REPLIED": 2,
    "APPOINTMENT_CONFIRMED": 3,
    "APPOINTMENT_MISSED": 5,
    "WENT_QUIET": 2,
    "PROPOSAL_DECLINED": 4,
}
_STEPS = ((25, _COLD), (50, _WARM), (75, _HOT), (float("inf"), _VERY_HOT))

_MAILS = ({"campaign": "Spring news"}, {"campaign": "Case study"}, {"campaign": "Product tour"})
_PROPERTIES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "EMAIL_OPENED": _MAILS,
    "LINK_CLICKED": _MAILS,
    "FORM_SUBMITTED": ({"form": "Newsletter"}, {"form": "Contact"}, {"form": "Buyer's guide"}),
    "WEBINAR_ATTENDED": (
        {"title": "Selling by phone", "minutes": 41},
        {"title": "First calls", "minutes": 28},
    ),
    "PRICING_PAGE_VISITED": ({"seconds": 35}, {"seconds": 140}),
    "SMS_REPLIED": ({"text": "Yes, tomorrow is fine"}, {"text": "Please call me"}),
    "APPOINTMENT_BOOKED": ({"with": "Noor", "minutes": 30}, {"with": "Piet", "minutes": 45}),
    "PROPOSAL_DECLINED": ({"reason": "Budget"}, {"reason": "Chose another"}),
}

STEPS = 700  # behind us at the start: with fewer the upper levels are still empty
DAYS = 30  # that they are spread over
MORNING, EVENING = 8 * 3600, 19 * 3600  # seconds into the day, between which leads do things
RIVALS = 2  # leads that might act at one step; the warmer one does, as warm leads do more


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a person did."""

    person: Person
    kind: str
    properties: Mapping[str, Any]
    at: datetime


def next_step(score: int, chance: Random) -> tuple[str, Mapping[str, Any]]:
    """The kind and the properties of what a lead with that score does next."""
    steps = next(steps for bound, steps in _STEPS if score < bound)
    (kind,) = chance.choices(list(steps), list(steps.values()))
    return kind, chance.choice(_PROPERTIES.get(kind, ({},)))


def past(people: Sequence[Person], chance: Random, now: datetime) -> Iterator[Deed]:
    """What the people did in the weeks before *now*, in order."""
    scores: Counter[Person] = Counter()
    for at in sorted(_moment(now, chance) for _ in range(STEPS)):
        person = max(chance.sample(people, RIVALS), key=scores.__getitem__)
        kind, properties = next_step(scores[person], chance)
        scores[person] = max(0, scores[person] + RULES[kind][1])
        yield Deed(person, kind, properties, at)


def _moment(now: datetime, chance: Random) -> datetime:
    """Some time on one of the days before that of *now*."""
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    days, seconds = chance.randint(1, DAYS), chance.randint(MORNING, EVENING)
    return midnight - timedelta(days=days) + timedelta(seconds=seconds)
