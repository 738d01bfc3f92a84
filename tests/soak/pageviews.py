"""Boards of `leadBoard`: a page that is kept true as README does it in ten lines."""

from __future__ import annotations

from collections.abc import Iterator

from tests.soak.history import Truth
from tests.soak.pages import BOARD, name_of
from tests.soak.tenants import Json


class BoardView:
    """Brings its own snapshot, and so has nothing to read."""

    document = BOARD
    query = ""

    def __init__(self, asked: Json) -> None:
        self.must_read = False
        self.delivered = 0
        self._asked = asked
        self._shown: list[Json] | None = None
        self._versions: dict[str, int] = {}  # the highest that was ever shown of each lead
        self._odd: list[str] = []

    def variables(self) -> Json:
        """It begins anew on every socket."""
        self._shown = None
        return self._asked

    def read(self, answer: Json) -> None:
        raise AssertionError(f"it has nothing to read: {answer}")

    def forget(self) -> None:
        """Nothing: it begins anew anyway, and what the old socket has brought already may yet be heard."""

    def told(self, update: Json) -> str | None:
        is_whole = update["__typename"] == "BoardSnapshot"
        if self._shown is None and not is_whole:
            self._odd.append("was told a delta before a snapshot")
        entries = update["entries"] if is_whole else [*update["entered"], *update["updated"]]
        self._take(entries, [] if is_whole else update["left"], None if is_whole else self._shown)
        self.delivered += len(entries)
        self._look(entries)
        return None

    def _take(self, entries: list[Json], left: list[str], before: list[Json] | None) -> None:
        placed = sorted(entries, key=lambda entry: entry["position"])
        gone = {*left, *(entry["lead"]["id"] for entry in placed)}
        self._shown = [lead for lead in before or () if lead["id"] not in gone]
        for entry in placed:
            self._shown.insert(entry["position"], entry["lead"])

    def _look(self, entries: list[Json]) -> None:
        """At each step, not only at rest."""
        for lead in (entry["lead"] for entry in entries):
            known = self._versions.get(lead["id"], 0)
            if lead["version"] < known:
                self._odd.append(f"{lead['id']} went back from version {known} to {lead['version']}")
            self._versions[lead["id"]] = max(known, lead["version"])
        if len(self._shown or ()) > self._asked["first"]:
            self._odd.append(f"showed {len(self._shown or ())} of {self._asked['first']}")

    def faults(self, truth: Truth) -> Iterator[str]:
        yield from self._odd
        due = truth.pages[name_of(self._asked)]
        if self._shown != due:
            yield f"{self._asked}: shows {self._shown}, but it is {due}"
