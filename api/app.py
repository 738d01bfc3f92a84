"""The application: everything opened in one place, handed to those who need it, and closed again."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    ExitStack,
    asynccontextmanager,
    closing,
    nullcontext,
    suppress,
)
from datetime import datetime
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from api.auth import Door
from api.context import House
from api.deliveries.courier import Courier
from api.deliveries.mail import Mail
from api.deliveries.pinned import Calls
from api.deliveries.sending import Sender
from api.deliveries.targets import Names, Targets
from api.live.boards import Boards
from api.live.hub import Hub
from api.live.readings import Readings
from api.logs import configure as configure_logs
from api.origins import Origins
from api.readiness import readiness
from api.scalars import now
from api.settings import Settings
from api.view import View
from domain.jobs import JobKind
from persistence.automations import Automations
from persistence.bell import Bell, Line
from persistence.boards import BoardPages
from persistence.configuration import Configuration
from persistence.corrections import Corrections
from persistence.deliveries import Deliveries
from persistence.foresight import Foresight
from persistence.health import Health
from persistence.history import History
from persistence.jobs import Jobs
from persistence.leads import Leads
from persistence.ledger import Ledger
from persistence.levels import LevelSets
from persistence.mongo import Mongo, Unreachable, open_mongo
from persistence.quickstart import QuickStart
from persistence.recent import recent
from persistence.reclassification import Reclassification
from persistence.rehearsal import Rehearsals
from persistence.relay import open_feed
from persistence.rescoring import Rescoring
from persistence.rules import RuleSets
from persistence.scores import Scores
from persistence.steps import Steps
from persistence.work import Worker
from persistence.workspaces import Keys

_log = structlog.get_logger()

GARBAGE = (
    50_000  # objects made before the collector looks: a few bulk requests' worth, which are gone by then
)
JOBS, DELIVERIES = "jobs", "deliveries"  # the bells of the back office
BODY = 8_000_000  # bytes of one request: a thousand activities with eight kilobytes of properties each


def create_app(settings: Settings | None = None) -> Starlette:
    """The ASGI application for *settings*, or for those of the environment. Opens nothing until it is started."""
    settings = settings or Settings()
    configure_logs()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_house(settings) as house:
            settle_memory()
            door = Door(house.keys, settings.rate_limit)
            app.state.health = house.health
            view = app.state.view = View(house, door, settings.allowed_origins, graphiql=settings.graphiql)
            keeping = _started(view.crowd.keep())
            try:
                yield
            finally:
                keeping.cancel()
                await asyncio.wait([keeping])

    return Starlette(
        routes=[
            Route("/", _home),
            Route("/healthz", _healthz),
            Route("/readyz", _readyz),
            Route("/graphql", _graphql),
            WebSocketRoute("/graphql", _graphql),
        ],
        middleware=_cors(settings.allowed_origins),
        lifespan=lifespan,
        max_body_size=BODY,
    )


def _cors(origins: list[str]) -> list[Middleware]:
    headers = ["authorization", "content-type", "last-event-id"]
    return [Middleware(Origins, allow_origins=origins, allow_methods=["POST"], allow_headers=headers)]


def settle_memory() -> None:
    """Spare the collector the schema: a hundred thousand objects that live as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 100)


def connected(settings: Settings) -> AbstractAsyncContextManager[Mongo]:
    """The database of the settings, as long as the context lasts; raises ValueError where they name none."""
    if settings.mongo_uri is None:
        raise ValueError(
            "TIERWIRE_MONGO_URI is not set; `tierwire serve` starts an embedded MongoDB by itself"
        )
    return open_mongo(settings.mongo_uri.get_secret_value(), settings.mongo_database)


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Everything behind the edge, in working order: connected, prepared, following the feed.

    Also at work on what nobody waits for, unless a back office is.
    """
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    async with (
        connected(settings) as mongo,
        open_feed(mongo, redis_url) as feed,
        furnished(mongo, settings, feed.is_relayed) as house,
    ):
        following = _started(house.hub.follow(feed))
        try:
            async with nullcontext() if settings.back_office else at_work(mongo, house, settings):
                await house.hub.opened.wait()
                if past := await recent(mongo, house.hub.begin):
                    house.hub.remember(past)
                yield house
        finally:
            following.cancel()
            await asyncio.wait([following])


@asynccontextmanager
async def furnished(
    mongo: Mongo, settings: Settings, is_relayed: Callable[[], bool | None] = lambda: None
) -> AsyncIterator[House]:
    """The house on that database; what it accepted is committed when the context ends."""
    with ExitStack() as stack:
        targets = Targets(stack.enter_context(closing(Names())), allow_private=settings.allow_private_targets)
        line = stack.enter_context(closing(Line(settings.back_office))) if settings.back_office else None
        house = build_house(mongo, targets=targets, is_relayed=is_relayed, line=line)
        try:
            yield house
        finally:
            await house.ledger.close()


@asynccontextmanager
async def at_work(mongo: Mongo, house: House, settings: Settings) -> AsyncIterator[None]:
    """What nobody waits for is done as long as the context lasts: jobs, what time does, deliveries."""
    async with Calls(house.targets) as calls:
        courier = build_courier(house, calls, Mail(settings.smtp_url, settings.mail_from))
        steps = Steps(mongo, house.ledger, house.clock)
        working = [
            _started(each) for each in (build_worker(mongo, house).work(), steps.work(), courier.work())
        ]
        try:
            yield
        finally:
            for work in working:
                work.cancel()
            await asyncio.wait(working)
            await courier.close()
            await house.ledger.close()
            with suppress(Unreachable):  # then the leases end by themselves
                await house.jobs.release()
                await steps.release()


def _started(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[None]) -> None:
    """Without its feed or its workers a process would be stale unseen: say so, and have it end and be started again."""
    if not task.cancelled() and (error := task.exception()):
        _log.critical("work that the process lives for has ended", exc_info=error)
        signal.raise_signal(signal.SIGTERM)


def build_house(
    mongo: Mongo,
    clock: Callable[[], datetime] = now,
    targets: Targets | None = None,
    is_relayed: Callable[[], bool | None] = lambda: None,
    line: Line | None = None,
) -> House:
    """The parts of the house, on one database and by one clock; without *targets* automations may call anybody.

    The *line* leads to whoever does the work, if that is another process.
    """
    configuration = Configuration(mongo)
    leads = Leads(mongo)
    jobs = Jobs(mongo, clock, Bell(line, JOBS))
    deliveries = Deliveries(mongo, clock, Bell(line, DELIVERIES))
    ledger = Ledger(mongo, configuration, clock, deliveries.bell.ring)
    level_sets = LevelSets(mongo, configuration, jobs)
    rule_sets = RuleSets(mongo, configuration, jobs)
    scores = Scores(mongo)
    hub = Hub()
    return House(
        configuration=configuration,
        leads=leads,
        history=History(mongo),
        level_sets=level_sets,
        rule_sets=rule_sets,
        scores=scores,
        jobs=jobs,
        automations=Automations(mongo, configuration),
        targets=targets or Targets(_nobody_asks, allow_private=True),
        deliveries=deliveries,
        corrections=Corrections(mongo, configuration, leads, ledger),
        rehearsals=Rehearsals(mongo),
        foresight=Foresight(scores),
        quick_start=QuickStart(mongo, configuration, level_sets, rule_sets),
        ledger=ledger,
        keys=Keys(mongo),
        health=Health(mongo, is_relayed),
        hub=hub,
        boards=Boards(hub, BoardPages(mongo, configuration, leads)),
        readings=Readings(leads, configuration),
        clock=clock,
    )


def bells_of(house: House) -> Mapping[str, Bell]:
    """What another process rings here, by the names that it has for them there."""
    return {JOBS: house.jobs.bell, DELIVERIES: house.deliveries.bell}


async def _nobody_asks(host: str, _: int) -> Sequence[str]:
    raise LookupError(f"no names are looked up here, nor is {host}")


def build_courier(house: House, calls: Calls, mail: Mail) -> Courier:
    """Who does what the house's automations were set off to do."""
    sender = Sender(house.targets, calls, mail, house.automations, house.ledger, house.clock)
    return Courier(house.deliveries, sender)


def build_worker(mongo: Mongo, house: House) -> Worker:
    """Who does the house's jobs."""
    reclassification = Reclassification(house.configuration, house.jobs, house.scores, house.ledger)
    rescoring = Rescoring(mongo, house.configuration, house.jobs, house.ledger, house.clock)
    ways = {JobKind.RECLASSIFY: reclassification.do, JobKind.RESCORE: rescoring.do}
    return Worker(house.jobs, ways)


class _Graphql:
    """Stands in the route until the view is there, which needs what the lifespan opens."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["app"].state.view(scope, receive, send)


_graphql = _Graphql()


async def _home(_: Request) -> RedirectResponse:
    return RedirectResponse("/graphql")


async def _healthz(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


async def _readyz(request: Request) -> Response:
    return await readiness(request.app.state.health)
