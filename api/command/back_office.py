"""The back office: a process beside those that answer, for what nobody waits for.

A long job takes all that a Python process can do. Done in the process that answers, it would make callers wait and
boards lag; done beside it, both have a core.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import structlog

from api.app import DELIVERIES, JOBS, at_work, furnished, settle_memory
from api.logs import configure as configure_logs
from api.settings import Settings
from persistence.bell import answered
from persistence.mongo import Unreachable, open_mongo

SETTING = "TIERWIRE_BACK_OFFICE"
COMMAND = [sys.executable, "-c", f"from {__name__} import main; main()"]
LOOK = 0.2  # seconds between two looks whether it still lives
PAUSE = 1.0  # seconds before it is begun anew
DRAIN = 30.0  # seconds it has to end what is under way

_log = structlog.get_logger()


@contextmanager
def back_office() -> Iterator[None]:
    """A back office by the settings of the environment, which names it; begun anew whenever it ends by itself."""
    configure_logs()
    with tempfile.TemporaryDirectory(prefix="tierwire-") as folder:
        os.environ[SETTING] = str(
            Path(folder) / "bell"
        )  # worker processes read the environment for themselves
        over = Event()
        keeper = Thread(target=_keep, args=(over,), name="back-office-keeper")
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()
            del os.environ[SETTING]


def _keep(over: Event) -> None:
    while True:
        # Its end of the pipe tells it when this process is gone, however that comes about.
        with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as process:  # noqa: S603 - runs what stands above
            while process.poll() is None and not over.wait(LOOK):
                pass
            if over.is_set():
                _end(process)
                return
        _log.warning("the back office has ended and is begun anew", code=process.returncode)
        if over.wait(PAUSE):
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(DRAIN)
    except subprocess.TimeoutExpired:
        process.kill()


def main() -> None:
    """Be the back office, until whoever began it is gone or a signal says stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever began it
    configure_logs()
    try:
        asyncio.run(_work(Settings()))
    except Unreachable as error:
        _log.error("the back office cannot reach the database", reason=str(error).partition(",")[0])
        sys.exit(1)


async def _work(settings: Settings) -> None:
    assert settings.back_office
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), over.set)  # nothing is ever said there but that it ends
    loop.add_signal_handler(signal.SIGTERM, over.set)
    here = settings.model_copy(update={"back_office": None})
    async with (
        open_mongo(settings.reached, settings.mongo_database) as mongo,
        furnished(mongo, here) as house,
    ):
        settle_memory()
        bells = {JOBS: house.jobs.bell, DELIVERIES: house.deliveries.bell}
        async with answered(settings.back_office, bells), at_work(mongo, house, here):
            await over.wait()
