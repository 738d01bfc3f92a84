"""Signatures as Standard Webhooks has them, by which a target knows that a message is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from standardwebhooks import Webhook

from api import ids
from domain.automations import Automation
from domain.deliveries import Delivery
from persistence.automations import Automations
from persistence.deliveries import Due

KNOWN = 1_000  # secrets that are read once: half the work of a signature
FRESH = 1.0  # seconds that secrets are remembered for: a rotation waits no longer, and a burst asks once


def signed(delivery: Delivery, body: str, at: datetime, secrets: Sequence[str]) -> Mapping[str, str]:
    """The headers of an attempt: its id is the delivery's, the same in all attempts; a signature for each secret."""
    message_id = ids.public("Delivery", delivery.id)
    headers = {"webhook-id": message_id, "webhook-timestamp": str(int(at.timestamp()))}
    if secrets:
        signatures = (_signer(each).sign(message_id, at, body) for each in secrets)
        headers["webhook-signature"] = " ".join(signatures)
    return headers


@lru_cache(KNOWN)
def _signer(secret: str) -> Webhook:
    return Webhook(secret)


class Secrets:
    """The secrets to sign with, which are the automation's and not the delivery's: rotated, they are so for all."""

    def __init__(self, automations: Automations, clock: Callable[[], datetime]) -> None:
        self._automations = automations
        self._clock = clock
        self._known: dict[tuple[str, str, int], tuple[Automation, ...]] = {}
        self._since = 0.0

    async def of(self, due: Due) -> tuple[str, ...]:
        """The current one of the action first, then the one that it took the place of less than a day ago."""
        delivery = due.delivery
        for automation in await self._versions(due):
            alike = [each for each in automation.plan.actions if each.address == delivery.action.address]
            if len(alike) > delivery.place:
                return alike[delivery.place].secrets(self._clock())
        return ()

    async def _versions(self, due: Due) -> tuple[Automation, ...]:
        """The automation as it is, then as it was when it was set off; without those that are no more."""
        now = asyncio.get_running_loop().time()
        if now - self._since > FRESH:
            self._known, self._since = {}, now
        delivery = due.delivery
        key = (due.workspace, delivery.automation_id, delivery.automation_version)
        if (known := self._known.get(key)) is None:
            current = await self._automations.find(*key[:2])
            known = tuple(filter(None, (current, await self._automations.version(*key))))
            self._known[key] = known
        return known
