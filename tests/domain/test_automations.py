"""What an automation may be, and each thing that is wrong with one that may not."""

from __future__ import annotations

from typing import Any

import pytest

from domain import conditions
from domain.automations import (
    RETIRES,
    Action,
    ActionKind,
    Automation,
    AutomationEvent,
    Plan,
    Trigger,
    checked,
)
from domain.conditions import Operator
from domain.errors import Fault, InvalidInput
from domain.templating import rendered
from domain.values import replace
from tests.domain.builders import ADA, CREATED, EDITED, a_level_set

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"  # 24 bytes
OTHER, THIRD = (SECRET[:-4] + end for end in ("AAAA", "BBBB"))
TAG = Action(ActionKind.ADD_TAG, tag="hot")
HOOK = Action(ActionKind.WEBHOOK, url="https://example.com/hook", secret=SECRET)
MAIL = Action(ActionKind.EMAIL, to="{lead.email}", subject="Hello {lead.name}", template="{{{score}}}")
ENTERS_HOT = Trigger(AutomationEvent.TIER_ENTERED, level="Hot")
REACHES_50 = Trigger(AutomationEvent.SCORE_REACHED, threshold=50, rearm_at=50)


def a_plan(trigger: Trigger = ENTERS_HOT, *actions: Action, **more: Any) -> Plan:
    return Plan(more.pop("name", "Tell"), trigger, actions or (TAG,), **more)


def problems(plan: Plan) -> list[tuple[str, Fault]]:
    with pytest.raises(InvalidInput) as refused:
        checked(plan, a_level_set())
    return [(".".join(each.path[1:]), each.fault) for each in refused.value.problems]


@pytest.mark.parametrize(
    "plan",
    [
        a_plan(),
        a_plan(REACHES_50, HOOK, MAIL, Action(ActionKind.SLACK, url="https://hooks.slack.com/x")),
        a_plan(
            Trigger(AutomationEvent.TIER_MOVED, to_level="cold"), Action(ActionKind.ADJUST_SCORE, points=-5)
        ),
        a_plan(Trigger(AutomationEvent.SCORE_DROPPED_BELOW, threshold=10, rearm_at=20), cooldown=1),
        a_plan(condition=conditions.Test("lead.profile.level", Operator.EQUALS, "Good")),
    ],
)
def test_a_sound_plan_is_taken_as_it_is(plan: Plan) -> None:
    assert checked(plan, a_level_set()) == plan


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (a_plan(name=" "), [("name", Fault.EMPTY)]),
        (a_plan(replace(ENTERS_HOT, level=None)), [("trigger.level", Fault.EMPTY)]),
        (a_plan(replace(ENTERS_HOT, level="Tepid")), [("trigger.level", Fault.UNKNOWN_LEVEL)]),
        (a_plan(replace(ENTERS_HOT, threshold=5)), [("trigger.threshold", Fault.NOT_OF_EVENT)]),
        (a_plan(Trigger(AutomationEvent.TIER_MOVED)), [("trigger.fromLevel", Fault.EMPTY)]),
        (a_plan(Trigger(AutomationEvent.SCORE_REACHED)), [("trigger.threshold", Fault.EMPTY)]),
        (a_plan(replace(REACHES_50, threshold=None)), [("trigger.threshold", Fault.EMPTY)]),
        (a_plan(replace(REACHES_50, rearm_at=51)), [("trigger.rearmAt", Fault.OUT_OF_RANGE)]),
        (
            a_plan(Trigger(AutomationEvent.SCORE_DROPPED_BELOW, threshold=10, rearm_at=9)),
            [("trigger.rearmAt", Fault.OUT_OF_RANGE)],
        ),
        (a_plan(cooldown=0), [("cooldownSeconds", Fault.OUT_OF_RANGE)]),
        (
            a_plan(condition=conditions.Test("activity.page", Operator.EXISTS)),
            [("condition.test.field", Fault.UNKNOWN_FIELD)],
        ),
        (replace(a_plan(), actions=()), [("actions", Fault.EMPTY)]),
        (replace(a_plan(), actions=(TAG,) * 11), [("actions", Fault.TOO_MANY)]),
        (a_plan(ENTERS_HOT, Action(ActionKind.WEBHOOK)), [("actions.0.url", Fault.EMPTY)]),
        (a_plan(ENTERS_HOT, replace(TAG, points=5)), [("actions.0.points", Fault.NOT_OF_ACTION)]),
        (a_plan(ENTERS_HOT, TAG, replace(HOOK, secret="hunter2")), [("actions.1.secret", Fault.NOT_WHSEC)]),
        (a_plan(ENTERS_HOT, replace(HOOK, secret="whsec_QUJD")), [("actions.0.secret", Fault.NOT_WHSEC)]),
        (a_plan(ENTERS_HOT, replace(MAIL, subject="{lead}")), [("actions.0.subject", Fault.UNKNOWN_PLACE)]),
        (a_plan(ENTERS_HOT, replace(MAIL, template="{")), [("actions.0.template", Fault.UNBALANCED)]),
        (a_plan(ENTERS_HOT, replace(MAIL, to="{score!r}")), [("actions.0.to", Fault.UNKNOWN_PLACE)]),
        (a_plan(ENTERS_HOT, Action(ActionKind.ADJUST_SCORE, points=0)), [("actions.0.points", Fault.ZERO)]),
    ],
)
def test_an_unsound_plan_is_refused_where_it_is_wrong(plan: Plan, expected: list[tuple[str, Fault]]) -> None:
    assert problems(plan) == expected


def test_a_template_is_filled_in_and_what_is_not_known_left_out() -> None:
    template = "{{{score}}} for {lead.name}{lead.company}"

    assert rendered(template, {"score": 7, "lead.name": "Ada {x}", "lead.company": None}) == "{7} for Ada {x}"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, (SECRET, None)),
        (SECRET, (SECRET, None)),
        (OTHER, (OTHER, SECRET)),
    ],
)
def test_an_edit_keeps_the_secret_or_retires_it(given: str | None, expected: tuple[str, str | None]) -> None:
    automation = Automation("a", 1, a_plan(ENTERS_HOT, HOOK), ADA, CREATED)

    (action,) = automation.edited(a_plan(ENTERS_HOT, replace(HOOK, secret=given)), EDITED).plan.actions

    assert (action.secret, action.retired_secret) == expected


def test_an_edit_changes_nothing_about_when_a_secret_was_retired() -> None:
    automation = Automation("a", 1, a_plan(ENTERS_HOT, HOOK), ADA, CREATED)
    rotated = automation.edited(a_plan(ENTERS_HOT, replace(HOOK, secret=OTHER)), EDITED)

    (action,) = rotated.edited(
        a_plan(ENTERS_HOT, replace(HOOK, secret=None)), EDITED + RETIRES / 2
    ).plan.actions

    assert (action.secrets(EDITED + RETIRES * 0.99), action.secrets(EDITED + RETIRES)) == (
        (OTHER, SECRET),
        (OTHER,),
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None, None], [(SECRET,), (OTHER,)]),
        ([None, THIRD], [(SECRET,), (THIRD, OTHER)]),
        ([THIRD, None], [(THIRD, SECRET), (OTHER,)]),
        ([None], [(SECRET,)]),
        ([OTHER], [(OTHER,)]),
        ([None, SECRET], [(OTHER,), (SECRET,)]),
        ([None, None, None], [(SECRET,), (OTHER,), ()]),
        ([THIRD, SECRET, OTHER], [(THIRD,), (SECRET,), (OTHER,)]),
    ],
)
def test_actions_to_one_address_keep_each_its_own_secret(
    given: list[str | None], expected: list[tuple[str, ...]]
) -> None:
    """In order, but for those that say which they are."""
    two = a_plan(ENTERS_HOT, HOOK, replace(HOOK, secret=OTHER))
    edited = Automation("a", 1, two, ADA, CREATED).edited(
        a_plan(ENTERS_HOT, *(replace(HOOK, secret=each) for each in given)), EDITED
    )

    assert [each.secrets(EDITED) for each in edited.plan.actions] == expected


def test_a_secret_is_not_kept_for_another_address() -> None:
    automation = Automation("a", 1, a_plan(ENTERS_HOT, HOOK), ADA, CREATED)
    elsewhere = replace(HOOK, url="https://example.org/hook", secret=None)

    (action,) = automation.edited(a_plan(ENTERS_HOT, elsewhere), EDITED).plan.actions

    assert action.secret is None
    assert SECRET not in repr(automation)
