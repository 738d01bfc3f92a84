"""Sending: one attempt at a delivery, and the delivery after it."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

import orjson
import structlog
from aiohttp import ClientError

from api.deliveries.answers import DONE, Answer, Verdict, later, never, of_http
from api.deliveries.mail import Mail
from api.deliveries.messages import slack, webhook
from api.deliveries.pinned import Calls
from api.deliveries.signing import Secrets, signed
from api.deliveries.targets import NotATarget, Targets, Unresolved
from api.errors import refusal
from domain import bounds
from domain.actors import Actor, ActorKind
from domain.automations import ActionKind
from domain.changes import AdjustScore, Change, UpsertLead
from domain.deliveries import Attempt, Delivery
from domain.errors import DomainError, NotFound
from domain.leads import LeadEdit, LeadRef, RefKind
from domain.values import replace
from persistence.automations import Automations
from persistence.background import INTERRUPTIONS
from persistence.deliveries import Due
from persistence.ledger import Ledger

PATIENCE = 15.0  # seconds for an attempt in all, name, connection and answer
HEADERS = {"content-type": "application/json", "user-agent": "Tierwire"}

_log = structlog.get_logger()


class Sender:
    """Does what deliveries are to do, one attempt at a time."""

    def __init__(
        self,
        targets: Targets,
        calls: Calls,
        mail: Mail,
        automations: Automations,
        ledger: Ledger,
        clock: Callable[[], datetime],
        patience: float = PATIENCE,
    ) -> None:
        self._targets = targets
        self._calls = calls
        self._mail = mail
        self._automations = automations
        self._secrets = Secrets(automations, clock)
        self._ledger = ledger
        self._clock = clock
        self._patience = patience
        self._ways: Mapping[ActionKind, Callable[[Due, datetime], Awaitable[Answer]]] = {
            ActionKind.WEBHOOK: self._webhook,
            ActionKind.SLACK: self._slack,
            ActionKind.EMAIL: self._email,
            ActionKind.ADJUST_SCORE: self._of_lead,
            ActionKind.ADD_TAG: self._of_lead,
            ActionKind.REMOVE_TAG: self._of_lead,
        }

    async def attempt(self, due: Due) -> Due:
        """Try once; never fails, for whatever goes wrong is what the attempt has come to."""
        at, since = self._clock(), asyncio.get_running_loop().time()
        answer = await self._answer(due, at)
        taken = round((asyncio.get_running_loop().time() - since) * 1_000)
        attempt = Attempt(at, taken, answer.status, answer.error)
        return replace(due, delivery=_after(due.delivery, attempt, answer))

    async def _answer(self, due: Due, at: datetime) -> Answer:
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._ways[due.delivery.action.kind](due, at)
            if answer.status == HTTPStatus.GONE and await self._disabled(due, at):
                answer = replace(answer, error=f"{answer.error}, and the automation was disabled")
        except TimeoutError:
            return later(f"no answer within {self._patience:g} seconds")
        except INTERRUPTIONS:
            return later("the database could not be reached")
        except Exception as error:  # noqa: BLE001 - a bug ends this attempt, and must not end all others
            error_id = uuid.uuid4().hex[:12]
            _log.error("a delivery failed", delivery=due.delivery.id, error_id=error_id, exc_info=error)
            return later(f"something went wrong here; it is logged as {error_id}")
        return answer

    async def _disabled(self, due: Due, at: datetime) -> bool:
        """Whether the automation, whose target wants no more of it, is disabled now: not if it has another target."""
        delivery = due.delivery
        with suppress(NotFound):  # deleted meanwhile, which is as good
            if await self._automations.disable(due.workspace, delivery.automation_id, delivery.action, at):
                _log.warning("an automation was disabled by its target", automation=delivery.automation_id)
                return True
        return False

    # Outward

    async def _webhook(self, due: Due, at: datetime) -> Answer:
        body = webhook(due.delivery)
        headers = signed(due.delivery, body, at, await self._secrets.of(due))
        return await self._post(due.delivery, body.encode(), headers)

    async def _slack(self, due: Due, _: datetime) -> Answer:
        return await self._post(due.delivery, orjson.dumps(slack(due.delivery)), {})

    async def _email(self, due: Due, at: datetime) -> Answer:
        return await self._mail.send(due.delivery, at)

    async def _post(self, delivery: Delivery, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            url = self._targets.parsed(delivery.action.url or "")
            said = await self._calls.post(url, body, {**HEADERS, **headers})
        except Unresolved as error:
            return later(str(error))
        except NotATarget as error:
            return never(f"it may not be called: {error}")
        except ClientError as error:
            return later(f"it could not be spoken with ({type(error).__name__})")
        return of_http(said.status, said.headers, self._clock())

    # Inward

    async def _of_lead(self, due: Due, _: datetime) -> Answer:
        """What changes the lead itself. A test changes nothing."""
        if due.delivery.is_test:
            return DONE
        try:
            lead = LeadRef(RefKind.ID, due.delivery.lead_id)
            await self._ledger.apply(due.workspace, lead, change(due.delivery))
        except DomainError as error:
            return never(refusal(error).message)
        return DONE


def change(delivery: Delivery) -> Change:
    """What an action makes of its lead: once, however often it is tried, for a key or its nature sees to that."""
    action, name, hops = delivery.action, delivery.news.automation, delivery.hops
    actor = Actor(ActorKind.AUTOMATION, name)
    match action.kind:
        case ActionKind.ADD_TAG:
            return UpsertLead(actor, LeadEdit(add_tags=(action.tag or "",)), hops)
        case ActionKind.REMOVE_TAG:
            return UpsertLead(actor, LeadEdit(remove_tags=(action.tag or "",)), hops)
    reason = f"Automation {name}"[: bounds.REASON]
    key, dimension = f"automation:{delivery.id}", delivery.news.dimension
    return AdjustScore(actor, dimension, action.points or 0, reason, key, hops=hops)


def _after(delivery: Delivery, attempt: Attempt, answer: Answer) -> Delivery:
    match answer.verdict:
        case Verdict.DONE:
            return delivery.delivered(attempt)
        case Verdict.NEVER:
            return delivery.failed(attempt)
        case Verdict.LATER:
            chance = random.random()  # noqa: S311 - spreads tries, keeps no secret
            return delivery.put_off(attempt, chance, answer.spared)
