from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from domain.contributions import Contribution, Payment
from domain.errors import Fault, InvalidInput, Problem
from domain.leads import LeadEdit, LeadFields, LeadRef, Position, RefKind, normal_email
from domain.levels import Dimension
from tests.domain.builders import NOW, a_lead

HUNDRED_TAGS = tuple(f"t{at}" for at in range(100))


def found(refusal: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[tuple[str, ...], Fault]]:
    return [(problem.path, problem.fault) for problem in refusal.value.problems]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (RefKind.EXTERNAL_ID, "x"),
        (RefKind.EXTERNAL_ID, "x" * 255),
        (RefKind.EMAIL, "a@b"),
        (RefKind.EMAIL, "e" * 320),
        (RefKind.ID, "x" * 1_000),
    ],
)
def test_a_lead_is_named_by_a_text_within_bounds(kind: RefKind, value: str) -> None:
    assert LeadRef(kind, value).value == value


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (RefKind.EXTERNAL_ID, "x" * 256, Problem(("lead", "externalId"), Fault.TOO_LONG, 255, 256)),
        (RefKind.EXTERNAL_ID, " ", Problem(("lead", "externalId"), Fault.EMPTY)),
        (RefKind.EMAIL, "e" * 321, Problem(("lead", "email"), Fault.TOO_LONG, 320, 321)),
        (RefKind.EMAIL, "", Problem(("lead", "email"), Fault.EMPTY)),
        (RefKind.EMAIL, "\ud800@b", Problem(("lead", "email"), Fault.NOT_STORABLE)),
    ],
)
def test_a_name_out_of_bounds_names_no_lead(kind: RefKind, value: str, problem: Problem) -> None:
    with pytest.raises(InvalidInput) as refusal:
        LeadRef(kind, value)

    assert refusal.value.problems == (problem,)


def test_an_email_is_the_same_in_any_case() -> None:
    assert normal_email(" Ada@Example.COM\n") == "ada@example.com"


def test_an_edit_of_nothing_changes_nothing() -> None:
    lead = replace(a_lead(30), name="Ada", attributes={"plan": "pro"}, tags=("vip",))

    assert LeadEdit().applied(lead) == lead


def test_fields_that_an_edit_leaves_out_stay() -> None:
    lead = replace(a_lead(), external_id="crm-1", email="ada@example.com", name="Ada", company="Engines")

    edited = LeadEdit(LeadFields(name="Ada L.")).applied(lead)

    assert edited == replace(lead, name="Ada L.")


def test_null_clears_a_field() -> None:
    lead = replace(a_lead(), external_id="crm-1", email="ada@example.com", name="Ada", company="Engines")

    edited = LeadEdit(LeadFields(external_id=None, email=None, name=None, company=None)).applied(lead)

    assert edited == a_lead()


def test_an_edit_sets_every_field() -> None:
    fields = LeadFields(external_id="x" * 255, email="e" * 320, name="n" * 200, company="c" * 200)

    assert LeadEdit(fields).applied(a_lead()) == replace(a_lead(), **fields)


@pytest.mark.parametrize(
    ("fields", "path", "fault"),
    [
        (LeadFields(external_id="x" * 256), "externalId", Fault.TOO_LONG),
        (LeadFields(external_id=""), "externalId", Fault.EMPTY),
        (LeadFields(email="e" * 321), "email", Fault.TOO_LONG),
        (LeadFields(email=" "), "email", Fault.EMPTY),
        (LeadFields(name="n" * 201), "name", Fault.TOO_LONG),
        (LeadFields(name="\udfff"), "name", Fault.NOT_STORABLE),
        (LeadFields(company="c" * 201), "company", Fault.TOO_LONG),
        (LeadFields(company=""), "company", Fault.EMPTY),
    ],
)
def test_an_edit_s_fields_are_held_to_their_bounds(fields: LeadFields, path: str, fault: Fault) -> None:
    with pytest.raises(InvalidInput) as refusal:
        LeadEdit(fields)

    assert found(refusal) == [((path,), fault)]


def test_attributes_merge_by_name() -> None:
    lead = replace(a_lead(), attributes={"plan": "free", "seats": 3})

    edited = LeadEdit(attributes={"plan": "pro", "city": "London"}).applied(lead)

    assert edited.attributes == {"plan": "pro", "seats": 3, "city": "London"}
    assert lead.attributes == {"plan": "free", "seats": 3}


def test_an_object_among_the_attributes_is_replaced_whole() -> None:
    lead = replace(a_lead(), attributes={"address": {"city": "London", "zip": "W1"}})

    edited = LeadEdit(attributes={"address": {"city": "Paris"}}).applied(lead)

    assert edited.attributes == {"address": {"city": "Paris"}}


def test_null_removes_an_attribute_and_one_that_is_not_there_does_no_harm() -> None:
    lead = replace(a_lead(), attributes={"plan": "free", "seats": 3})

    assert LeadEdit(attributes={"plan": None, "none": None}).applied(lead).attributes == {"seats": 3}


@pytest.mark.parametrize("value", [False, 0, "", [], {}, {"inner": None}, [None]])
def test_only_null_itself_removes_an_attribute(value: object) -> None:
    assert LeadEdit(attributes={"plan": value}).applied(a_lead()).attributes == {"plan": value}


def test_attributes_that_cannot_be_stored_are_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        LeadEdit(attributes={"$set": 1})

    assert found(refusal) == [(("attributes", "'$set'"), Fault.NOT_STORABLE)]


def test_attributes_may_grow_to_100_000_bytes_together() -> None:
    lead = replace(a_lead(), attributes={"a": "x" * 50_000})

    edited = LeadEdit(attributes={"b": "x" * 49_985}).applied(lead)

    assert set(edited.attributes) == {"a", "b"}


def test_attributes_that_outgrow_their_bounds_leave_the_lead_as_it_was() -> None:
    lead = replace(a_lead(), attributes={"a": "x" * 50_000})
    before = copy.deepcopy(lead)
    with pytest.raises(InvalidInput) as refusal:
        LeadEdit(attributes={"b": "x" * 49_986}).applied(lead)

    assert refusal.value.problems == (Problem(("attributes",), Fault.TOO_LARGE, 100_000, 100_001),)
    assert lead == before


def test_an_attribute_removed_makes_room_for_another() -> None:
    lead = replace(a_lead(), attributes={"a": "x" * 90_000})

    edited = LeadEdit(attributes={"a": None, "b": "x" * 90_000}).applied(lead)

    assert set(edited.attributes) == {"b"}


def test_tags_are_added_at_the_end_once_and_without_blanks_around_them() -> None:
    lead = replace(a_lead(), tags=("vip", "eu"))

    edited = LeadEdit(add_tags=(" trial ", "vip", "trial", "a b", "EU")).applied(lead)

    assert edited.tags == ("vip", "eu", "trial", "a b", "EU")


def test_tags_removed_leave_the_others_in_order() -> None:
    lead = replace(a_lead(), tags=("a", "b", "c", "d"))

    assert LeadEdit(remove_tags=(" b ", "d", "never there")).applied(lead).tags == ("a", "c")


def test_a_tag_both_added_and_removed_is_gone() -> None:
    lead = replace(a_lead(), tags=("a",))

    assert LeadEdit(add_tags=("a", "b"), remove_tags=("b", "a")).applied(lead).tags == ()


def test_a_lead_may_have_100_tags() -> None:
    assert LeadEdit(add_tags=HUNDRED_TAGS).applied(a_lead()).tags == HUNDRED_TAGS


def test_a_101st_tag_leaves_the_lead_as_it_was() -> None:
    lead = replace(a_lead(), tags=HUNDRED_TAGS)
    with pytest.raises(InvalidInput) as refusal:
        LeadEdit(add_tags=("one more",)).applied(lead)

    assert refusal.value.problems == (Problem(("addTags",), Fault.TOO_MANY, 100, 101),)
    assert lead.tags == HUNDRED_TAGS


def test_a_tag_removed_makes_room_for_another() -> None:
    lead = replace(a_lead(), tags=HUNDRED_TAGS)

    edited = LeadEdit(add_tags=("new",), remove_tags=("t0",)).applied(lead)

    assert edited.tags == (*HUNDRED_TAGS[1:], "new")


def test_an_edit_names_at_most_100_tags_each_way() -> None:
    with pytest.raises(InvalidInput) as refusal:
        LeadEdit(add_tags=("a",) * 101, remove_tags=("b",) * 101)

    assert refusal.value.problems == (
        Problem(("addTags",), Fault.TOO_MANY, 100, 101),
        Problem(("removeTags",), Fault.TOO_MANY, 100, 101),
    )


def test_a_tag_has_1_to_200_characters() -> None:
    edit = LeadEdit(add_tags=("t" * 200,), remove_tags=("r" * 200,))
    with pytest.raises(InvalidInput) as refusal:
        LeadEdit(add_tags=("a", "t" * 201), remove_tags=("b", "c", " "))

    assert found(refusal) == [(("addTags", "1"), Fault.TOO_LONG), (("removeTags", "2"), Fault.EMPTY)]
    assert edit.applied(a_lead()).tags == ("t" * 200,)


def test_a_refused_edit_tells_everything_that_is_wrong() -> None:
    with pytest.raises(InvalidInput) as refusal:
        LeadEdit(LeadFields(name="", company=""), {"": 1}, ("",))

    assert [path[0] for path, _ in found(refusal)] == ["name", "company", "attributes", "addTags"]


def test_a_contribution_counts_only_what_it_gave() -> None:
    paid = Contribution("Click", 10, 1).paid("Clicked", Payment(-4, NOW))

    assert paid == Contribution("Clicked", 6, 2)
    assert paid.paid("Clicked", Payment(0, NOW)) == paid


@pytest.mark.parametrize(
    ("level", "other", "same"),
    [
        ("Hot", "Hot", True),
        ("Hot", "HOT", True),
        ("Hot", "Warm", False),
        ("Hot", None, False),
        (None, None, True),
    ],
)
def test_positions_share_a_level_by_name_in_any_case(
    level: str | None, other: str | None, same: bool
) -> None:
    one, two = Position(10, level, 1), Position(90, other, 2)

    assert (one.in_level_of(two), two.in_level_of(one)) == (same, same)


@pytest.mark.parametrize(("dimension", "score"), [(Dimension.ENGAGEMENT, 30), (Dimension.PROFILE, 5)])
def test_a_lead_stands_apart_in_each_dimension(dimension: Dimension, score: int) -> None:
    lead = a_lead(30, 5)
    moved = lead.standing_at(dimension, a_lead(99, 99).standing(dimension), NOW)

    assert lead.standing(dimension).score == score
    assert {each: moved.standing(each).score for each in Dimension} == {
        each: 99 if each is dimension else lead.standing(each).score for each in Dimension
    }
    assert (moved.version, moved.updated_at) == (lead.version + 1, NOW)
