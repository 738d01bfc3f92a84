"""What an activity costs that 200 rules might pay for: in the domain alone, without any database.

usage: python -m tests.benchmarks.rules

Prints microseconds an activity, at the best of some runs, for rules of 40, 20 and 10 kinds of activity. Each rule has a
condition of three tests, a limit per day and a cap.
"""

from __future__ import annotations

import time
from dataclasses import replace

from domain.changes import RecordActivity
from domain.conditions import All, Operator, Test
from domain.rules import RULES, Limit, Period, Rule
from tests.benchmarks.levels import say
from tests.domain.builders import ADA, NOW, a_lead, a_rule, an_activity, fold, scoring

TRIES, TIMES = 7, 200


def rules(kinds: int) -> list[Rule]:
    return [
        replace(
            a_rule(1, f"r{number}", f"KIND_{number % kinds}"),
            condition=All(
                (
                    Test("activity.plan", Operator.EQUALS, "pro"),
                    Test("activity.seats", Operator.GTE, number % 50),
                    Test("lead.tags", Operator.CONTAINS, "eu"),
                )
            ),
            limit=Limit(5, Period.DAY),
            max_points=100,
        )
        for number in range(RULES)
    ]


def microseconds(kinds: int) -> float:
    under, lead = scoring(*rules(kinds)), replace(a_lead(10), tags=("eu",))
    change = RecordActivity(ADA, an_activity("KIND_0", properties={"plan": "pro", "seats": 30}))
    best = float("inf")
    for _ in range(TRIES):
        started = time.perf_counter()
        for _ in range(TIMES):
            fold(lead, change, under, NOW)
        best = min(best, time.perf_counter() - started)
    return best / TIMES * 1e6


if __name__ == "__main__":
    for kinds in (40, 20, 10):
        say(f"{RULES} rules, {RULES // kinds} of them for the activity: {microseconds(kinds):.0f} µs")
