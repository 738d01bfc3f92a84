"""How large an operation may be, told before anything of it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)

from api.types.common import BOARD_SIZE, PAGE, PAGE_SIZE

DEPTH = 12  # leads > edges > node > history > edges > node > parts > rule is 8
ALIASES = 50  # fields of one operation under other names: a dashboard, not a loop
NODES = (
    20_000  # entries of lists within lists: a page of 100 leads with 100 entries of history each, twice over
)
# What is more work than an entry weighs as much as so many: the matrix takes seconds for a million leads, another count
# or a trial of rules a fraction of one.
COUNT = 1_000
COUNTS = {
    "levelMatrix": 5_000,
    "tierDistribution": COUNT,
    "previewLevels": COUNT,
    "suggestLevels": COUNT,
    "testRules": COUNT,
    "previewRules": COUNT,
    "automations": 100,  # there are no more
    "warnings": 90,  # so that a longest page of rule sets may show them
}
LISTS = {
    "leads",
    "leadBoard",
    "history",
    "activities",
    "levelSets",
    "ruleSets",
    "jobs",
    "moves",
    "sample",
    "deliveries",
}
TOKENS = 2_000  # a long hand-written document; variables carry the data


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int = 0
    aliases: int = 0
    nodes: int = 0
    totals: int = 0  # lists that are counted, each once however many of its entries are asked for


class Limits(ValidationRule):
    """Refuses operations nested deeper than 12 fields, of more than 50 aliases, or that weigh over 20,000 entries.

    Each fragment is measured once, for fragments that spread others twice each would otherwise take for ever.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._fragments: dict[str, _Size] = {}

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        size = self._size(node.selection_set)
        if size.depth > DEPTH:
            self._refuse(node, f"it is nested {size.depth} fields deep; at most {DEPTH} are allowed")
        elif size.aliases > ALIASES:
            self._refuse(
                node,
                f"it has {size.aliases} aliases, counting every use of a fragment; at most {ALIASES} are allowed",
            )

        elif size.nodes > NODES:
            self._refuse(
                node, f"it weighs as much as {size.nodes:,} entries of lists; at most {NODES:,} are allowed"
            )

    def _refuse(self, node: OperationDefinitionNode, message: str) -> None:
        self.report_error(GraphQLError(f"the operation is too large: {message}", node))

    def _size(self, selections: SelectionSetNode | None) -> _Size:
        sizes = [self._selected(each) for each in selections.selections] if selections else []
        return _Size(
            max((each.depth for each in sizes), default=0),
            sum(each.aliases for each in sizes),
            sum(each.nodes for each in sizes),
            sum(each.totals for each in sizes),
        )

    def _selected(self, node: Any) -> _Size:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        inner = self._size(node.selection_set)
        if not isinstance(node, FieldNode):
            return inner
        if node.name.value.startswith("__"):
            return _Size()  # introspection is as deep as its authors made it
        name = node.name.value
        nodes = COUNTS.get(name, 0) + inner.nodes
        if name in LISTS:
            nodes = _entries(node) * (1 + inner.nodes) + COUNT * inner.totals
        totals = int(name == "totalCount") if name not in LISTS else 0
        return _Size(inner.depth + 1, inner.aliases + (node.alias is not None), nodes, totals)

    def _fragment(self, name: str) -> _Size:
        if name not in self._fragments:
            self._fragments[name] = _Size()  # what spreads itself, or is unknown, other rules refuse
            fragment = self.context.get_fragment(name)
            self._fragments[name] = self._size(fragment.selection_set if fragment else None)
        return self._fragments[name]


def _entries(node: FieldNode) -> int:
    """How many entries a list is asked for; the most there can be where a variable says it."""
    for argument in node.arguments or ():
        if argument.name.value == "first":
            return int(argument.value.value) if isinstance(argument.value, IntValueNode) else PAGE[1]
    return BOARD_SIZE if node.name.value == "leadBoard" else PAGE_SIZE
