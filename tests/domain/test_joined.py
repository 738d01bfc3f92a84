"""Two leads as one: what either knows is known, and every name of either is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.bounds import TAGS
from domain.errors import Fault, InvalidInput
from domain.leads import MERGED, Fired, Lead, Merged, joined
from tests.domain.builders import CREATED, a_lead
from tests.domain.waiting import DAY


def lead(lead_id: str = "a", **known: Any) -> Lead:
    return replace(a_lead(), id=lead_id, **known)


def known(name: str, value: str | None) -> dict[str, Any]:
    return {name: value}


@pytest.mark.parametrize("name", ["external_id", "email", "name", "company"])
@pytest.mark.parametrize(
    ("own", "others", "expected"), [("x", "y", "x"), (None, "y", "y"), ("x", None, "x"), (None, None, None)]
)
def test_what_the_first_does_not_know_of_itself_it_has_from_the_other(
    name: str, own: str | None, others: str | None, expected: str | None
) -> None:
    one = joined(replace(lead(), **known(name, own)), replace(lead("b"), **known(name, others)))

    assert getattr(one, name) == expected


def test_tags_come_one_after_the_other_and_each_once() -> None:
    assert joined(lead(tags=("x", "y")), lead("b", tags=("z", "y"))).tags == ("x", "y", "z")


def test_of_attributes_that_both_have_the_first_keeps_its_own() -> None:
    one = joined(lead(attributes={"x": 1, "y": False}), lead("b", attributes={"y": 2, "z": 3}))

    assert one.attributes == {"x": 1, "y": False, "z": 3}


def test_of_what_both_have_set_off_the_later_counts() -> None:
    """Or an automation would not rest after it was set off by the other a moment ago."""
    early, late = Fired(CREATED), Fired(CREATED + DAY, armed=False)
    one, two = lead(fired={"x": early, "y": early}), lead("b", fired={"x": late, "z": early})

    for joint in (joined(one, two), joined(two, one)):
        assert joint.fired == {"x": late, "y": early, "z": early}


def test_it_is_known_since_the_older_was() -> None:
    early, late = lead(created_at=CREATED), lead("b", created_at=CREATED + DAY)

    assert joined(early, late).created_at == joined(late, early).created_at == CREATED


def test_every_lead_that_became_part_of_it_is_remembered_by_the_names_it_had() -> None:
    into = lead(external_id="own", merged=(Merged("c", "x", None),))
    other = lead("b", external_id="crm", email="b@x.com", merged=(Merged("d", None, "d@x.com"),))

    assert joined(into, other).merged == (
        Merged("c", "x", None),
        Merged("d", None, "d@x.com"),
        Merged("b", "crm", "b@x.com"),
    )


def test_it_keeps_its_id_its_scores_and_its_version() -> None:
    into = replace(a_lead(30, 5), id="a")

    one = joined(into, replace(a_lead(7, 7), id="b"))

    assert (one.id, one.engagement, one.profile, one.version) == ("a", into.engagement, into.profile, 1)


def test_as_many_tags_as_a_lead_may_have_are_not_too_many() -> None:
    tags = tuple(str(number) for number in range(TAGS))

    assert joined(lead(tags=tags[: TAGS // 2]), lead("b", tags=tags[1:])).tags == tags


@pytest.mark.parametrize(
    ("own", "others", "fault"),
    [
        (
            {"tags": tuple(map(str, range(TAGS)))},
            {"tags": ("one more",)},
            Fault.TOO_MANY,
        ),
        ({"attributes": {"x": "x" * 60_000}}, {"attributes": {"y": "y" * 60_000}}, Fault.TOO_LARGE),
        ({"merged": tuple(Merged(str(each)) for each in range(MERGED))}, {}, Fault.TOO_MANY_IN_ONE),
    ],
    ids=["tags", "attributes", "leads"],
)
def test_what_is_too_much_for_one_lead_is_refused(
    own: dict[str, Any], others: dict[str, Any], fault: Fault
) -> None:
    with pytest.raises(InvalidInput) as refused:
        joined(lead(**own), lead("b", **others))

    assert [problem.fault for problem in refused.value.problems] == [fault]
