"""One batch of the ledger: the leads it touches under every name they have, and what its changes make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pymongo import InsertOne, UpdateOne

from domain.changes import Activity, Change, RecordActivity, UpsertLead
from domain.errors import DomainError, Fault, InvalidInput, LeadNotFound, Problem
from domain.history import ScoreChange
from domain.leads import Lead, LeadRef, RefKind
from domain.scoring import Outcome, Scoring, fold, new_lead
from persistence.documents import Document, from_activity, from_lead, from_score_change, to_lead
from persistence.mongo import new_id

Item = tuple[LeadRef, Change]
Key = tuple[type[Change], str]  # activities and adjustments each have their own keys


@dataclass(frozen=True, slots=True)
class Seen:
    """What a key did when it was first used."""

    lead_id: str
    activity: Activity | None
    changes: tuple[ScoreChange, ...]


def key_of(change: Change) -> Key | None:
    """What makes the change count once; None when it has no key."""
    if isinstance(change, UpsertLead) or change.key is None:
        return None
    return type(change), change.key


def refs_of(item: Item) -> tuple[LeadRef, ...]:
    """The names of leads that the item speaks of: the lead it is for, and names it would give that lead."""
    ref, change = item
    if not isinstance(change, UpsertLead):
        return (ref,)
    fields = change.edit.fields
    names = ((RefKind.EXTERNAL_ID, fields.get("external_id")), (RefKind.EMAIL, fields.get("email")))
    return (ref, *(LeadRef(kind, value) for kind, value in names if value is not None))


def _names(lead: Lead) -> tuple[LeadRef, ...]:
    names = ((RefKind.ID, lead.id), (RefKind.EXTERNAL_ID, lead.external_id), (RefKind.EMAIL, lead.email))
    return tuple(LeadRef(kind, value) for kind, value in names if value is not None)


class Batch:
    """Folds changes one after the other, each upon what those before it left, and gathers what is to be written."""

    def __init__(
        self,
        workspace: str,
        scoring: Scoring,
        stored: Iterable[Document],
        seen: Mapping[Key, Seen],
        now: datetime,
    ) -> None:
        self.scoring = scoring
        self.activities: list[Document] = []
        self.score_changes: list[Document] = []
        self._workspace = workspace
        self._now = now
        self._seen = dict(seen)
        self._stored = {document["_id"]: document for document in stored}
        self._leads: dict[str, Lead] = {}
        self._ids: dict[LeadRef, str] = {}
        for document in self._stored.values():
            self._place(to_lead(document))

    def apply(self, item: Item) -> Outcome | DomainError:
        """What the item makes of its lead, or why it is refused; a refused one leaves no trace."""
        try:
            return self._apply(*item)
        except DomainError as refusal:
            return refusal

    def _apply(self, ref: LeadRef, change: Change) -> Outcome:
        lead = self._find(ref)
        key = key_of(change)
        if key and (seen := self._seen.get(key)):
            return self._repeated(seen, lead, change, key)
        outcome = fold(lead or self._new(ref), change, self.scoring, self._now)
        self._refuse_taken(outcome.lead)
        self._keep(outcome)
        if key:
            self._seen[key] = Seen(outcome.lead.id, outcome.activity, outcome.changes)
        return replace(outcome, created=lead is None)

    def _find(self, ref: LeadRef) -> Lead | None:
        lead_id = self._ids.get(ref)
        if lead_id is None and ref.kind is RefKind.ID:
            raise LeadNotFound(ref)
        return None if lead_id is None else self._leads[lead_id]

    def _new(self, ref: LeadRef) -> Lead:
        lead = new_lead(new_id(), self.scoring, self._now)
        if ref.kind is RefKind.EMAIL:
            return replace(lead, email=ref.value)
        return replace(lead, external_id=ref.value)

    def _repeated(self, seen: Seen, lead: Lead | None, change: Change, key: Key) -> Outcome:
        other_kind = isinstance(change, RecordActivity) and change.activity.kind != (
            seen.activity and seen.activity.kind
        )
        if lead is None or lead.id != seen.lead_id or other_kind:
            path = ("activity", "key") if isinstance(change, RecordActivity) else ("key",)
            raise InvalidInput(Problem(path, Fault.KEY_REUSED, actual=key[1]))
        return Outcome(lead, self.scoring, seen.changes, seen.activity, duplicate=True)

    def _refuse_taken(self, lead: Lead) -> None:
        for name in _names(lead):
            if self._ids.get(name, lead.id) != lead.id:
                path = "email" if name.kind is RefKind.EMAIL else "externalId"
                raise InvalidInput(Problem((path,), Fault.TAKEN, actual=name.value))

    def _keep(self, outcome: Outcome) -> None:
        self._place(outcome.lead)
        if outcome.activity:
            self.activities.append(
                from_activity(self._workspace, outcome.lead.id, outcome.activity, outcome.changes)
            )
        self.score_changes += [from_score_change(self._workspace, change) for change in outcome.changes]

    def _place(self, lead: Lead) -> None:
        if before := self._leads.get(lead.id):
            for name in _names(before):
                del self._ids[name]
        self._leads[lead.id] = lead
        self._ids.update(dict.fromkeys(_names(lead), lead.id))

    def lead_writes(self) -> list[InsertOne[Document] | UpdateOne]:
        """One write for every lead that changed, which holds only if nobody else wrote to it meanwhile."""
        writes: list[InsertOne[Document] | UpdateOne] = []
        for lead in self._leads.values():
            before = self._stored.get(lead.id)
            if before is None:
                writes.append(InsertOne(from_lead(self._workspace, lead)))
            elif lead.version != before["version"]:
                writes.append(_update(before, from_lead(self._workspace, lead)))
        return writes


def _update(before: Document, after: Document) -> UpdateOne:
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    gone = {name: "" for name in before if name not in after}
    operators = {"$set": changed, **({"$unset": gone} if gone else {})}
    return UpdateOne({"_id": before["_id"], "version": before["version"]}, operators)
