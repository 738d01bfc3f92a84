"""What holds of any document and of any edit of a lead."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain import bounds
from domain.leads import LeadEdit
from tests.domain.builders import a_lead
from tests.domain.strategies import OPEN


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Anything a JSON parser may give, and what none should: infinities, half surrogate pairs, any name."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats()
    texts = st.text(st.characters(exclude_categories=()), max_size=5)

    def inner(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(values, max_size=3) | st.dictionaries(texts, values, max_size=3)

    return st.dictionaries(texts, st.recursive(leaves | texts, inner, max_leaves=20), max_size=4)


@OPEN
@given(documents())
def test_an_accepted_document_comes_back_from_json_as_it_was(value: dict[str, Any]) -> None:
    refused = list(bounds.document(("here",), value))

    assert refused or json.loads(json.dumps(value, ensure_ascii=False).encode()) == value


@OPEN
@given(
    st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 3)),
    st.lists(st.sampled_from(["a", " a", "b", "c "])),
    st.lists(st.sampled_from(["a", "b ", "d"])),
)
def test_an_edit_made_twice_is_the_edit_made_once(
    attributes: dict[str, int | None], add: list[str], remove: list[str]
) -> None:
    edit = LeadEdit(attributes=attributes, add_tags=tuple(add), remove_tags=tuple(remove))
    once = edit.applied(a_lead())

    assert edit.applied(once) == once
