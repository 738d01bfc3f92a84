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
from time import monotonic

import structlog

from api.app import at_work, bells_of, connected, furnished, settle_memory
from api.logs import configure as configure_logs
from api.settings import Settings
from persistence.background import running
from persistence.bell import answered
from persistence.mongo import DatabaseError

SETTING = "TIERWIRE_BACK_OFFICE"
# Ctrl-C is for whoever began it. -P: it is of this installation, whatever lies in the folder it is begun in.
MAIN = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from {__name__} import main; main()"
COMMAND = [sys.executable, "-P", "-c", MAIN]
LOOK = 0.2  # seconds between two looks whether it still lives
PAUSE = 1.0  # seconds before it is begun anew, and as many more for each that was short-lived before
SHORT = 5.0  # seconds of a life that is too short; one that finds no database waits for it longer
TRIES = 10  # short lives in a row after which the server ends, too: whoever watches over it shall see
DRAIN = 30.0  # seconds it has to end what is under way

_log = structlog.get_logger()


@contextmanager
def back_office() -> Iterator[None]:
    """A back office by the settings of the environment, which names it; begun anew whenever it ends by itself."""
    configure_logs()
    with tempfile.TemporaryDirectory(prefix="tierwire-") as folder:
        # Worker processes read the environment for themselves.
        os.environ[SETTING] = str(Path(folder) / "bell")
        over = Event()
        keeper = Thread(target=_keep, args=(over,), name="back-office-keeper")
        try:
            keeper.start()
            yield
        finally:
            over.set()
            keeper.join()
            del os.environ[SETTING]


def _keep(over: Event) -> None:
    short = 0
    while not over.is_set():
        begun = monotonic()
        how = _lived(over)
        if over.is_set():
            return
        short = short + 1 if monotonic() - begun < SHORT else 0
        if short == TRIES:
            _log.critical("the back office cannot live, and the server ends with it", how=how)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        _log.warning("the back office has ended and is begun anew", how=how)
        over.wait(PAUSE * (1 + short))


def _lived(over: Event) -> str:
    """Have it live, until all is over or it ends by itself; how it did."""
    try:
        # Its end of the pipe tells it when this process is gone, however that comes about.
        process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)  # noqa: S603 - what stands above
    except OSError as error:
        return f"not begun: {error.strerror}"
    with process:
        while process.poll() is None and not over.wait(LOOK):
            pass
        if over.is_set():
            _end(process)
    return f"code {process.returncode}"


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(DRAIN)
    except subprocess.TimeoutExpired:
        process.kill()


def main() -> None:
    """Be the back office, until whoever began it is gone or a signal says stop."""
    configure_logs()
    try:
        asyncio.run(_live(Settings()))
    except DatabaseError as error:  # as in an election; should it last, whoever keeps this says so
        _log.warning("the back office cannot reach the database", reason=str(error).partition(",")[0])
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is logged without the values in it
        _log.critical("the back office failed", exc_info=error)
        sys.exit(1)


async def _live(settings: Settings) -> None:
    over, loop, pipe = asyncio.Event(), asyncio.get_running_loop(), sys.stdin.fileno()

    def end() -> None:
        loop.remove_reader(pipe)  # what has ended stays readable
        over.set()

    loop.add_reader(pipe, end)  # nothing is ever said there but that it ends
    loop.add_signal_handler(signal.SIGTERM, over.set)
    async with running(_work(settings)) as working:
        ending = asyncio.create_task(over.wait())
        await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)


async def _work(settings: Settings) -> None:
    assert settings.back_office
    here = settings.model_copy(update={"back_office": None})
    async with connected(here) as mongo, furnished(mongo, here) as house:
        settle_memory()
        async with answered(settings.back_office, bells_of(house)), at_work(mongo, house, here):
            await asyncio.Event().wait()
