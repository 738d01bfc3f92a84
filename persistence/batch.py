"""One batch of the ledger: the leads it touches under every name they have, and what its changes make of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap

from pymongo import InsertOne, UpdateMany, UpdateOne

from domain.changes import Activity, AdjustScore, Change, RecordActivity, UpsertLead
from domain.deliveries import deliveries
from domain.errors import DomainError, Fault, InvalidInput, LeadNotFound, Problem
from domain.history import ScoreChange
from domain.leads import Lead, LeadRef, RefKind
from domain.scoring import Firing, Outcome, Scoring, fired, fold, new_lead
from domain.values import replace
from persistence.documents import (
    Document,
    from_activity,
    from_delivery,
    from_lead,
    from_score_change,
    lead_update,
)
from persistence.leads import Name
from persistence.mongo import new_id

Item = tuple[LeadRef, Change]
Write = InsertOne[Document] | UpdateOne | UpdateMany
Key = tuple[type[Change], str]  # activities and adjustments each have their own keys


@dataclass(frozen=True, slots=True)
class Seen:
    """What a key did when it was first used."""

    lead_id: str
    activity: Activity | None
    changes: tuple[ScoreChange, ...]

    def was(self, change: Change) -> bool:
        """Whether *change* can be what the key stood for then."""
        match change:
            case RecordActivity(activity=activity):
                return self.activity is not None and self.activity.kind == activity.kind
            case AdjustScore(dimension=dimension, delta=delta, asked=wanted):
                did = self.changes[0]  # what it made known of a new lead may have moved that further
                if did.cause.adjusted:
                    return did.dimension is dimension and did.cause.adjusted == wanted
                (part,) = did.parts  # an entry of before does not know
                return did.dimension is dimension and (part.points == delta or part.suppressed is not None)
        return False


def key_of(change: Change) -> Key | None:
    """What makes the change count once; None when it has no key."""
    if isinstance(change, UpsertLead) or change.key is None:
        return None
    return type(change), change.key


def names_of(item: Item) -> tuple[Name, ...]:
    """The names of leads that the item speaks of: of the lead it is for, and those it would give that lead."""
    ref, change = item
    name = (ref.kind, ref.value)
    if not isinstance(change, UpsertLead):
        return (name,)
    fields = change.edit.fields
    return (name, *_given(fields.get("external_id"), fields.get("email")))


def _given(external_id: str | None, email: str | None) -> Iterator[Name]:
    if external_id is not None:
        yield RefKind.EXTERNAL_ID, external_id
    if email is not None:
        yield RefKind.EMAIL, email


class Batch:
    """Folds changes one after the other, each upon what those before it left, and gathers what is to be written."""

    def __init__(
        self,
        workspace: str,
        scoring: Scoring,
        stored: Iterable[Lead],
        seen: Mapping[Key, Seen],
        now: datetime,
    ) -> None:
        self.scoring = scoring
        self.activities: list[Document] = []
        self.score_changes: list[Document] = []
        self._workspace = workspace
        self._now = now
        self._seen = dict(seen)
        self._stored = {lead.id: lead for lead in stored}
        self._leads: dict[str, Lead] = {}
        self._firings: list[tuple[Firing, Lead]] = []
        self._ids: dict[Name, str] = {}
        for lead in self._stored.values():
            self._place(lead)

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
        outcome = self._marked(fold(lead or self._new(ref), change, self.scoring, self._now))
        self._refuse_taken(outcome.lead)
        self.keep(outcome)
        if key:
            self._seen[key] = Seen(outcome.lead.id, outcome.activity, outcome.changes)
        return replace(outcome, created=True) if lead is None else outcome

    def _marked(self, outcome: Outcome) -> Outcome:
        """With the rules noted that scored the activity: replay goes by them."""
        if outcome.activity is None:
            return outcome
        return replace(outcome, activity=replace(outcome.activity, rule_set=self.scoring.rules.version))

    def _find(self, ref: LeadRef) -> Lead | None:
        lead_id = self._ids.get((ref.kind, ref.value))
        if lead_id is None and ref.kind is RefKind.ID:
            raise LeadNotFound(ref)
        return None if lead_id is None else self._leads[lead_id]

    def _new(self, ref: LeadRef) -> Lead:
        lead = new_lead(new_id(), self.scoring, self._now)
        if ref.kind is RefKind.EMAIL:
            return replace(lead, email=ref.value)
        return replace(lead, external_id=ref.value)

    def _repeated(self, seen: Seen, lead: Lead | None, change: Change, key: Key) -> Outcome:
        if lead is None or seen.lead_id not in lead.ids or not seen.was(change):
            path = ("activity", "key") if isinstance(change, RecordActivity) else ("key",)
            raise InvalidInput(Problem(path, Fault.KEY_REUSED, actual=key[1]))
        return Outcome(lead, self.scoring, seen.changes, seen.activity, duplicate=True)

    def _refuse_taken(self, lead: Lead) -> None:
        for kind, value in _given(lead.external_id, lead.email):
            if self._ids.get((kind, value), lead.id) != lead.id:
                path = "email" if kind is RefKind.EMAIL else "externalId"
                raise InvalidInput(Problem((path,), Fault.TAKEN, actual=value))

    def keep(self, outcome: Outcome) -> None:
        """Take what was made of a lead, and what that sets off."""
        outcome = fired(outcome, self._now)
        self._place(outcome.lead)
        if outcome.activity:
            self.activities.append(
                from_activity(self._workspace, outcome.lead.id, outcome.activity, outcome.changes)
            )
        self._firings += [(firing, outcome.lead) for firing in outcome.firings]
        entries = (*outcome.told, *outcome.changes)
        self.score_changes += [from_score_change(self._workspace, entry) for entry in entries]

    def _place(self, lead: Lead) -> None:
        before = self._leads.get(lead.id)
        self._leads[lead.id] = lead
        if before is None:
            self._ids[RefKind.ID, lead.id] = lead.id
        elif (before.external_id, before.email) == (lead.external_id, lead.email):
            return
        else:
            for name in _given(before.external_id, before.email):
                del self._ids[name]
        for each in lead.merged:
            for name in ((RefKind.ID, each.id), *_given(each.external_id, each.email)):
                self._ids.setdefault(name, lead.id)
        self._ids.update(dict.fromkeys(_given(lead.external_id, lead.email), lead.id))

    def deliveries(self) -> Iterator[Document]:
        """What was set off, each made when it is asked for."""
        ids = _ids()
        for firing, lead in self._firings:
            for each in deliveries(firing, lead, ids, self._now):
                yield from_delivery(self._workspace, each)

    def lead_writes(self) -> list[Write]:
        """What is to be written of every lead that changed; leads in a row that change alike share a statement."""
        given_up: list[Write] = []
        inserts: list[Write] = []
        alike: list[tuple[Document, list[str]]] = []
        for lead in self._leads.values():
            before = self._stored.get(lead.id)
            if before is None:
                inserts.append(InsertOne(from_lead(self._workspace, lead)))
            elif lead is not before:
                if _gives_up(before, lead):
                    given_up.append(UpdateOne({"_id": lead.id}, {"$unset": {"names": ""}}))
                update = lead_update(before, lead)
                # Equal is not the same: attributes may differ as 1 and True do.
                if not alike or update != alike[-1][0] or "attributes" in update["$set"]:
                    alike.append((update, []))
                alike[-1][1].append(lead.id)
        # First, for another lead of the batch may take what one gives up; two may even swap.
        return [*given_up, *inserts, *starmap(_update, alike)]


def _ids() -> Iterator[str]:
    while True:
        yield new_id()


def _update(update: Document, ids: Sequence[str]) -> Write:
    # The database finds one by its id without making a plan, which takes longer than the rest of the statement.
    if len(ids) == 1:
        return UpdateOne({"_id": ids[0]}, update)
    return UpdateMany({"_id": {"$in": ids}}, update)


def _gives_up(before: Lead, after: Lead) -> bool:
    """Whether it gives up a name that it had; all names are written anew then."""
    return before.external_id not in (None, after.external_id) or before.email not in (None, after.email)
