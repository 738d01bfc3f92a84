"""Channels: what all who ask alike are told, rendered once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, Protocol

from graphql import GraphQLError

from api.errors import explained
from api.live.streams import Source, Stream

TURN = 100  # frames written before others have their turn: a millisecond's work or two
HELD = (
    100  # frames that wait for one who is still being told what came before: seconds of the busiest channel
)
FIRSTS = 16  # answers to newcomers that are kept until the next frame, for those who come together


@dataclass(frozen=True, slots=True)
class Frame:
    """What is told, as JSON; `position` is where one goes on who was told it, None where there is no such thing."""

    payload: bytes
    position: str | None = None


Render = Callable[[Any], Awaitable[Frame]]
Begin = Callable[[], AsyncGenerator[Any, None] | None]


class Listener(Protocol):
    """One subscriber, wherever it listens from."""

    def tell(self, frame: Frame) -> bool:
        """Take a frame; False when it takes none for the moment, and will have its seat resume."""

    def complete(self) -> None:
        """There will be no more."""

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        """There will be no more, because of these."""


@dataclass(slots=True, eq=False)
class Seat:
    """A subscriber's place in a channel."""

    channel: Channel
    listener: Listener
    since: float = inf  # it is told the frames after that number: none of them while that is infinite
    held: list[Frame] | None = None  # frames that wait until it is told what came before them
    catching_up: asyncio.Task[None] | None = None

    def tell(self, frame: Frame) -> None:
        if self.held is None:
            if not self.listener.tell(frame):
                self.since = inf
        elif len(self.held) < HELD:
            self.held.append(frame)
        else:
            self.since = inf

    def resume(self) -> None:
        """Go on after what was missed, if anything was."""
        if self.since == inf and self.catching_up is None:
            self.channel.again(self)

    def leave(self) -> None:
        self.channel.leave(self)

    @property
    def is_behind(self) -> bool:
        """Whether it was not told everything up to the channel's `cursor`."""
        return self.since == inf or self.catching_up is not None


class Channel:
    """One execution of a live operation, for as long as anybody listens."""

    def __init__(self, source: Source[Any], render: Render, on_end: Callable[[], object]) -> None:
        self._source = source
        self._render = render
        self._on_end = on_end
        self._seats: dict[Seat, None] = {}
        self._number = 0  # of the newest frame
        self._told = 0  # of the newest frame that everybody was told
        self._cursor = source.cursor()
        self._firsts: dict[str | None, asyncio.Task[list[Frame]]] = {}
        self._is_over = False
        self._work = asyncio.create_task(self._tell_all())

    def __len__(self) -> int:
        return len(self._seats)

    @property
    def cursor(self) -> str | None:
        """A position up to which everybody was told everything."""
        if self._told == self._number:
            self._cursor = self._source.cursor()
        return self._cursor

    def join(self, listener: Listener, after: str | None = None) -> Seat:
        """A seat for one who begins now, or goes on after that position."""
        seat = Seat(self, listener)
        self._seats[seat] = None
        if after is None:
            self._place(seat, None, partial(self._source.welcome, None))
        else:
            seat.catching_up = asyncio.create_task(self._come_back(seat, after))
        return seat

    def again(self, seat: Seat) -> None:
        """Let one go on who missed something."""
        self._place(seat, "", self._source.again)

    def leave(self, seat: Seat) -> None:
        self._seats.pop(seat, None)
        seat.since = inf
        if seat.catching_up and seat.catching_up is not asyncio.current_task():
            seat.catching_up.cancel()
        if not self._seats:
            self._end()

    async def _come_back(self, seat: Seat, after: str) -> None:
        try:
            await self._source.reach(after)
        except Exception as error:  # noqa: BLE001 - whatever it is, the subscriber must know
            self._fail(seat, error)
            return
        self._place(seat, after, partial(self._source.welcome, after))

    def _place(self, seat: Seat, key: str | None, begin: Begin) -> None:
        """From this very moment on the seat is told everything, once it is told what it begins with."""
        seat.since = self._number
        try:
            first = self._first(key, begin)
        except Exception as error:  # noqa: BLE001 - whatever it is, the subscriber must know
            self._fail(seat, error)
            return
        if first:
            seat.held = []
            seat.catching_up = asyncio.create_task(self._catch_up(seat, first))
        else:
            self._go_on(seat)

    def _go_on(self, seat: Seat) -> None:
        """The seat was told everything so far."""
        seat.catching_up = None
        if self._is_over:
            self._complete(seat)

    def _first(self, key: str | None, begin: Begin) -> asyncio.Task[list[Frame]] | None:
        """What one begins with: the same for all who come between two frames."""
        first = self._firsts.get(key)
        if first is None and (frames := begin()) is not None:
            if len(self._firsts) == FIRSTS:
                self._firsts.clear()
            first = self._firsts[key] = asyncio.create_task(self._rendered(frames))
        return first

    async def _rendered(self, frames: AsyncGenerator[Any, None]) -> list[Frame]:
        async with aclosing(frames):
            return [await self._render(each) async for each in frames]

    async def _catch_up(self, seat: Seat, first: asyncio.Task[list[Frame]]) -> None:
        try:
            # One who leaves must not take the answer from the others.
            frames = await asyncio.shield(first)
        except Exception as error:  # noqa: BLE001 - whatever it is, the subscriber must know
            self._firsts.clear()
            self._fail(seat, error)
            return
        held, seat.held, seat.catching_up = seat.held or [], None, None
        overflowed = seat.since == inf
        if not all(map(seat.listener.tell, [*frames, *held])):
            seat.since = inf
        elif overflowed:
            self.again(seat)
        else:
            self._go_on(seat)

    async def _tell_all(self) -> None:
        try:
            async with aclosing(self._source.frames()) as frames:
                async for frame in frames:
                    # Counted before anything else has a turn: who comes from here on is welcomed with it told.
                    self._number += 1
                    self._firsts.clear()
                    await self._tell(await self._render(frame))
                    self._told = self._number
                    self._cursor = self._source.cursor()  # of a channel that is always telling, too
        except Exception as error:  # noqa: BLE001 - whatever it is, the subscribers must know
            for seat in list(self._seats):
                self._fail(seat, error)
        else:
            self._end()
            for seat in list(self._seats):
                if seat.catching_up is None and seat.since < inf:
                    self._complete(seat)

    async def _tell(self, frame: Frame) -> None:
        number = self._number
        for at, seat in enumerate(list(self._seats), 1):
            if seat.since < number:
                seat.tell(frame)
            if at % TURN == 0:
                await asyncio.sleep(0)

    def _complete(self, seat: Seat) -> None:
        self.leave(seat)
        seat.listener.complete()

    def _fail(self, seat: Seat, error: Exception) -> None:
        self.leave(seat)
        seat.listener.fail(explained(error))

    def _end(self) -> None:
        """Let go of everything; who is still catching up is told the rest."""
        if not self._is_over:
            self._is_over = True
            self._source.close()
            self._on_end()
        if not self._seats:
            for task in {self._work, *self._firsts.values()} - {asyncio.current_task()}:
                task.cancel()


class Channels:
    """The channels of this process, by what is asked, and by whom as far as that makes a difference."""

    def __init__(self) -> None:
        self._open: dict[Hashable, Channel] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._open.values())

    def join(self, key: Hashable, stream: Stream[Any], render: Render, listener: Listener) -> Seat:
        """A seat among all who ask the same."""
        channel = self._open.get(key)
        if channel is None:
            channel = self._open[key] = Channel(stream.open(), render, partial(self._open.pop, key, None))
        return channel.join(listener, stream.after)
