"""Values of every kind that is kept: one with every field set, and one with nothing but what it must have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from domain import conditions
from domain.actors import Actor, ActorKind
from domain.automations import Action, ActionKind, Automation, AutomationEvent, Plan, Trigger
from domain.changes import Activity
from domain.contributions import Contribution, Expiring, Halving
from domain.deliveries import Attempt, Delivery, DeliveryState, News
from domain.history import Adjustment, Cause, CauseKind, ScoreChange, ScorePart, Suppression
from domain.jobs import Job, JobState
from domain.leads import Fired, Lead, Merged, Position, Standing
from domain.levels import Announce, Dimension, Level, LevelSet
from domain.rules import Inactivity, Limit, Period, Rescore, Rule, RuleSet, RuleSetState

ADA = Actor(ActorKind.USER, "Ada")
ZAPIER = Actor(ActorKind.API_KEY, "Zapier")
EARLY = datetime(2026, 3, 1, 9, 30, 0, 1_000, UTC)
LATE = datetime(2026, 3, 29, 2, 59, 59, 999_000, UTC)
KOLKATA = timezone(timedelta(hours=5, minutes=30))
JSON = {
    "text": "Grüße, 世界 🚀\n\t\"'\\",
    "dotted.name": {"$ inside": None, "": [], "a": {}},
    "numbers": [0, -1, 2**31, 2**63 - 1, -(2**63), 0.1, -0.0, 1e300],
    "flags": [True, False, None],
}

LEAD = Lead(
    id="65e1a7c0f0f0f0f0f0f0f0f0",
    engagement=Standing(
        Position(70, "Hot", 3),
        LATE,
        {
            "click": Contribution("Click", 60, 2, {date(2026, 3, 1): 2}),
            "visit": Contribution("Visit", 0, 3, {}, (Expiring(LATE, 5),), (Halving(30, 2.75, EARLY),)),
            "adjustments": Contribution("Adjustments", 10, 1),
        },
    ),
    profile=Standing(Position(-5, "Poor fit", 1), EARLY, {"vp": Contribution("VP", -5, 1)}),
    created_at=EARLY,
    updated_at=LATE,
    settled_at=EARLY,
    due_at=LATE,
    external_id="crm-1",
    email="ada@example.com",
    name="Ada Lovelace",
    company="Analytical Engines",
    attributes=JSON,
    tags=("vip", "Beta", "vip 2"),
    last_activity_at=LATE,
    version=12,
    merged=(
        Merged("65e1a7c0f0f0f0f0f0f0f0f9", "crm-2", "ada@old.example.com"),
        Merged("65e1a7c0f0f0f0f0f0f0f0fa"),
    ),
    fired={"65e1a7c0f0f0f0f0f0f0f0fb": Fired(EARLY, armed=False)},
)
BARE_LEAD = Lead(
    "65e1a7c0f0f0f0f0f0f0f0f1",
    Standing(Position(0, None, 0), EARLY),
    Standing(Position(0, None, 0), EARLY),
    EARLY,
    EARLY,
    EARLY,
)
ACTIVITY = Activity(
    "65e1a7c0f0f0f0f0f0f0f0f2", "LINK_CLICKED", JSON, EARLY, LATE, "mail-7", is_retracted=True, rule_set=3
)
BARE_ACTIVITY = Activity("65e1a7c0f0f0f0f0f0f0f0f3", "SMS_REPLIED", {}, EARLY, LATE)
CHANGE = ScoreChange(
    LEAD.id,
    Dimension.ENGAGEMENT,
    12,
    Position(24, None, 2),
    Position(50, "Hot", 3),
    Cause(
        CauseKind.ACTIVITY,
        ZAPIER,
        LATE,
        "by phone",
        "adj-1",
        ACTIVITY.id,
        Announce.UPWARD,
        Adjustment(40, EARLY),
        hops=2,
    ),
    (
        ScorePart("click", "Click", 26, Suppression.CEILING),
        ScorePart("off", "Off", 0, Suppression.RULE_DISABLED),
        ScorePart("back", "Back", 0, Suppression.FLOOR),
        ScorePart(None, "Adjustments", 0, Suppression.FLOOR),
    ),
    4,
)
BARE_CHANGE = ScoreChange(
    LEAD.id,
    Dimension.PROFILE,
    1,
    Position(0, None, 0),
    Position(5, None, 0),
    Cause(CauseKind.ADJUSTMENT, ADA, EARLY),
    (ScorePart(None, "Adjustments", 5),),
    0,
)
LEVEL_SET = LevelSet(
    Dimension.PROFILE,
    7,
    (Level("Low", None, -1, "#3b82f6", "still", 1), Level("High", 10, None, "#b91c1c", "pulse", 2)),
    LATE,
    ADA,
    "after the fair",
    3,
    Announce.SILENT,
)
BARE_LEVEL_SET = LevelSet(Dimension.ENGAGEMENT, 0, (), EARLY, ADA)
SPARSE_LEVEL_SET = replace(BARE_LEVEL_SET, levels=(Level("All", None, None, rank=1),))
RULE_SET = RuleSet(
    5,
    RuleSetState.PUBLISHED,
    (
        Rule(
            "click",
            "Click",
            "LINK_CLICKED",
            30,
            is_enabled=False,
            dimension=Dimension.PROFILE,
            condition=conditions.Test("lead.tags", conditions.Operator.IN, ("eu", "us")),
            limit=Limit(3, Period.WEEK),
            max_points=90,
            expires_after=30,
            half_life=7,
        ),
        Rule("reply", "Reply", "SMS_REPLIED", -7),
        Rule("eu", "In the EU", None, 5, dimension=Dimension.PROFILE),
    ),
    EARLY,
    ADA,
    4,
    floor=-10,
    ceiling=100,
    inactivity=Inactivity(30, 7, percent=2.5),
    comment="Q2",
    published_at=LATE,
    published_by=ZAPIER,
    rescore=Rescore.REPLAY,
    announce=Announce.SILENT,
    idle_since=EARLY,
)
BARE_RULE_SET = RuleSet(
    1, RuleSetState.DRAFT, (), EARLY, ADA, floor=None, inactivity=Inactivity(1, 2, points=3)
)
BARE_JOB = Job("65e1a7c0f0f0f0f0f0f0f0f4", Dimension.ENGAGEMENT, 0, 1, EARLY)
JOB = replace(
    BARE_JOB,
    dimension=Dimension.PROFILE,
    told=2,
    version=4,
    state=JobState.CANCELLED,
    done=7,
    total=9,
    changed=5,
    finished_at=LATE,
    error="edited again",
    place="WzE",
)


_FULL = Plan(
    "Tell sales",
    Trigger(AutomationEvent.TIER_MOVED, Dimension.PROFILE, "Hot", "Cold", "Warm", 50, 40),
    (
        Action(
            ActionKind.WEBHOOK,
            "https://example.com/hook",
            "{lead.email}",
            "Hello",
            "Dear {lead.name}",
            5,
            "vip",
            "whsec_new",
            "whsec_old",
            EARLY,
        ),
    ),
    is_enabled=False,
    condition=conditions.Test("lead.tags", conditions.Operator.CONTAINS, "eu"),
    once_per_lead=True,
    cooldown=60,
)
AUTOMATION = Automation("65e1a7c0f0f0f0f0f0f0f0fb", 3, _FULL, ADA, LATE)
BARE_AUTOMATION = replace(
    AUTOMATION,
    plan=Plan("Tag", Trigger(AutomationEvent.TIER_LEFT, level="Hot"), (Action(ActionKind.ADD_TAG, tag="x"),)),
)
NEWS = News(
    "Tell sales",
    "TIER_MOVED",
    Dimension.PROFILE,
    CauseKind.ACTIVITY,
    EARLY,
    20,
    60,
    "Cold",
    "Hot",
    LEAD.id,
    "crm-1",
    "ada@example.com",
    "Ada",
    "Analytical Engines",
    (("Click", 60), ("Visit", -3)),
)
DELIVERY = Delivery(
    "65e1a7c0f0f0f0f0f0f0f0fc",
    AUTOMATION.id,
    3,
    replace(_FULL.actions[0], secret=None, retired_secret=None, retired_at=None),
    NEWS,
    EARLY,
    hops=2,
    is_test=True,
    state=DeliveryState.FAILED,
    attempts=(Attempt(EARLY, 12, 503, "busy"), Attempt(LATE, 15_000)),
    next_attempt_at=LATE,
    forgiven=1,
    place=2,
)
BARE_DELIVERY = Delivery(
    DELIVERY.id,
    AUTOMATION.id,
    1,
    Action(ActionKind.ADD_TAG, tag="x"),
    replace(NEWS, level=None, email=None, reasons=()),
    LATE,
)
