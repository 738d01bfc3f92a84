"""Programs that may be killed, stopped and started again, each at one port for as long as the soak lasts."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import SystemRandom

from tests.soak.record import Record

HERE = "127.0.0.1"
PATIENCE = 60.0  # seconds for a program to begin or to end
# Under those that the system gives to outgoing connections, of which one would take the port of a dead server.
PORTS = range(20_000, 32_000)

# Nothing that a soak starts may outlive it, not even when it is killed itself, or the program is frozen.
LAUNCHER = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def free_port() -> int:
    while True:
        port = SystemRandom().choice(PORTS)
        with suppress(OSError), socket.create_server((HERE, port)):
            return port


def mortal(command: Sequence[str]) -> list[str]:
    """The command of a process that dies with this one."""
    launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid())]
    return [*(launcher if sys.platform == "linux" else []), *command]


class Program:
    """A server; what it says goes to a file of its name in *folder*."""

    def __init__(self, name: str, folder: Path, record: Record) -> None:
        self.name = name
        self.port = free_port()
        self.said = folder / f"{name}.log"
        self.record = record
        self._process: Process | None = None

    @property
    def command(self) -> Sequence[str]:
        raise NotImplementedError

    @property
    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    async def answers(self) -> bool:
        """Whether it does what it is for."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    async def start(self) -> None:
        """Until it answers; begun again, as by whoever watches over servers, when it ends before that."""
        async with asyncio.timeout(PATIENCE):
            await self._spawn()
            while not await self.answers():
                if self._ended:
                    self.record.did(f"starts of {self.kind} in vain")
                    await self._spawn()
                await asyncio.sleep(0.1)

    @property
    def kind(self) -> str:
        return self.name.partition("-")[0]

    @property
    def _ended(self) -> bool:
        return self._process is None or self._process.returncode is not None

    async def _spawn(self) -> None:
        with self.said.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *mortal(self.command),
                env=self.environment,
                stdin=DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    async def kill(self) -> None:
        await self.end(signal.SIGKILL)

    async def end(self, number: signal.Signals) -> None:
        """End it by a signal; in order, when it is one that may be heard."""
        self.has_lived()
        if self._process and not self._ended:
            self._process.send_signal(number)
            try:
                code = await asyncio.wait_for(self._process.wait(), PATIENCE)
            except TimeoutError:
                self.record.wrong(f"{self.name} does not end by {number.name}")
                self._process.kill()
                return
            if number is signal.SIGTERM and code != 0:
                self.record.wrong(f"{self.name} ended with {code} when it was told to stop")

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def has_lived(self) -> None:
        """It is a fault to have ended by itself."""
        if self._process and self._process.returncode is not None:
            self.record.wrong(f"{self.name} ended by itself with {self._process.returncode}")

    async def bury(self) -> None:
        """The end, whatever state it is in."""
        if self._process and not self._ended:
            self._process.kill()
            await self._process.wait()
