"""What hypothesis draws: any JSON, and conditions that fit it, or do not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from domain import conditions
from domain.conditions import All, AnyOf, Condition, Facts, Not, Operator
from domain.leads import Lead
from tests.domain.builders import a_lead, an_activity
from tests.domain.conditions.builders import facts

NAMES = st.sampled_from(["a", "b", "a.b", "b.a", "a.b.a", "A", "é"])
TEXTS = st.sampled_from(["", "a", "A", "ab", "ß", "SS", "*", "?", "a*", "?b", "\ud800"]) | st.text(max_size=5)
NUMBERS = st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
SCALARS = st.booleans() | NUMBERS | TEXTS
FIELDS = st.one_of(
    NAMES.map("activity.{}".format),
    NAMES.map("lead.attributes.{}".format),
    st.sampled_from(
        [
            "lead.email",
            "lead.name",
            "lead.company",
            "lead.externalId",
            "lead.tags",
            "lead.engagement.score",
            "lead.profile.score",
            "lead.engagement.level",
            "lead.profile.level",
        ]
    ),
)


def _inner(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=3)


JSON = st.recursive(st.none() | SCALARS, _inner, max_leaves=12)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=4)
ANY_TESTS = st.builds(conditions.Test, FIELDS | st.text(max_size=8), st.sampled_from(Operator), JSON)


def trees(tests: st.SearchStrategy[conditions.Test], max_leaves: int = 6) -> st.SearchStrategy[Condition]:
    """Conditions of those tests; some of their groups are empty."""

    def groups(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(inner, max_size=4).map(tuple)
        return st.builds(All, several) | st.builds(AnyOf, several) | st.builds(Not, inner)

    return st.recursive(tests, groups, max_leaves=max_leaves)


LEADS: st.SearchStrategy[Lead] = st.builds(
    Lead,
    st.just("lead"),
    st.just(a_lead(7).engagement),
    st.just(a_lead().profile),
    st.just(a_lead().created_at),
    st.just(a_lead().updated_at),
    external_id=st.none() | TEXTS,
    email=st.none() | TEXTS,
    name=st.none() | TEXTS,
    company=st.none() | TEXTS,
    attributes=OBJECTS,
    tags=st.lists(TEXTS, max_size=3).map(tuple),
)
ANY_FACTS: st.SearchStrategy[Facts] = st.builds(
    Facts,
    LEADS,
    st.none() | OBJECTS.map(lambda properties: an_activity(properties=properties)),
    st.just({}) | st.just(facts(engagement="Hot", profile=None).levels),
)
