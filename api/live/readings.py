"""Leads as they are now, read together for all who ask in the same moment."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from strawberry.dataloader import DataLoader

from domain.leads import Lead
from domain.scoring import Scoring
from persistence.configuration import Configuration
from persistence.leads import Leads

Found = TypeVar("Found")


class Readings:
    """Readings that nobody remembers: each begins after it was asked for.

    However many boards are told of a change, its lead is read once.
    """

    def __init__(self, leads: Leads, configuration: Configuration) -> None:
        self._source = leads
        self._configuration = configuration
        self._leads = DataLoader(self._read_leads, cache=False)
        self._scorings = DataLoader(self._read_scorings, cache=False)

    async def of(self, workspace: str, ids: Iterable[str]) -> tuple[dict[str, Lead], Scoring]:
        """Those of the leads that there are, by id, and what they are to be classified under."""
        wanted = list(dict.fromkeys(ids))
        reading = asyncio.gather(
            self._leads.load_many((workspace, each) for each in wanted), self._scorings.load(workspace)
        )
        # Shielded, for a loader whose batch is given up by all before it begins never begins another: whoever asked
        # from then on would wait for ever.
        found, scoring = await asyncio.shield(reading)
        return {lead_id: lead for lead_id, lead in zip(wanted, found, strict=True) if lead}, scoring

    async def _read_leads(self, keys: list[tuple[str, str]]) -> list[Lead | BaseException | None]:
        wanted = defaultdict[str, set[str]](set)
        for workspace, lead_id in keys:
            wanted[workspace].add(lead_id)
        readings = [self._source.by_ids(each, ids) for each, ids in wanted.items()]
        found = await _by_workspace(wanted, readings)
        return [
            here if isinstance(here := found[workspace], BaseException) else here.get(lead_id)
            for workspace, lead_id in keys
        ]

    async def _read_scorings(self, workspaces: list[str]) -> list[Scoring | BaseException]:
        wanted = list(dict.fromkeys(workspaces))
        found = await _by_workspace(wanted, map(self._configuration.scoring, wanted))
        return [found[each] for each in workspaces]


async def _by_workspace(
    workspaces: Iterable[str], readings: Iterable[Awaitable[Found]]
) -> dict[str, Found | BaseException]:
    """What was read of each workspace, or why it could not be: that is nothing to the others."""
    found = await asyncio.gather(*readings, return_exceptions=True)
    return dict(zip(workspaces, found, strict=True))
