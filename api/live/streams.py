"""What a subscription's resolver returns: frames that all who ask alike can share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar

from graphql import GraphQLError

Value = TypeVar("Value")
Told_co = TypeVar("Told_co", covariant=True)


class Source(Protocol[Told_co]):
    """What is told to all who watch the same, and what one must be told who was not there all the time.

    `welcome` and `again` are of the very moment in which they are called: with the frames that come after it they
    make up all that there is to be told, without gap or repeat.
    """

    def frames(self) -> AsyncGenerator[Told_co, None]:
        """What happens, as it happens; called once. It ends when there will never be any more."""

    def welcome(self, after: str | None) -> AsyncGenerator[Told_co, None] | None:
        """What a newcomer is told first, who knows everything up to *after*; None when that is nothing."""

    def again(self) -> AsyncGenerator[Told_co, None]:
        """What one is told who missed frames because it read too slowly; raises what ends its subscription."""

    async def reach(self, after: str) -> None:
        """Wait until `welcome` can tell what comes after that position, or never will."""

    def cursor(self) -> str | None:
        """The position after all frames so far, to pass as `after`; None where there is no such thing."""

    def close(self) -> None:
        """Watch no more; may be called twice."""


class Stream(AsyncIterable[Value], Generic[Value]):
    """A source that is yet to be opened, and the position from which its subscriber goes on."""

    def __init__(self, source: Callable[[], Source[Value]], after: str | None = None) -> None:
        self.open = source
        self.after = after

    async def __aiter__(self) -> AsyncIterator[Value]:
        """For one who shares with nobody."""
        source = self.open()
        try:
            if self.after is not None:
                await source.reach(self.after)
            async with aclosing(source.frames()) as frames:
                async for each in source.welcome(self.after) or these():
                    yield each
                async for each in frames:
                    yield each
        finally:
            source.close()


async def these(*values: Value) -> AsyncGenerator[Value, None]:
    """A stream of values that there are already."""
    for each in values:
        yield each


class Unshared(Generic[Value]):
    """The source of a subscription that knows nothing of sharing: a plain stream of frames, for one subscriber."""

    def __init__(self, stream: AsyncIterable[Value]) -> None:
        self._stream = stream

    async def frames(self) -> AsyncGenerator[Value, None]:
        async for each in self._stream:
            yield each

    def welcome(self, after: str | None) -> None:  # noqa: ARG002 - a source's
        return None

    def again(self) -> AsyncGenerator[Value, None]:
        raise GraphQLError("what was told came faster than it was read; subscribe again")

    async def reach(self, after: str) -> None:
        pass

    def cursor(self) -> None:
        return None

    def close(self) -> None:
        pass
