"""Who asks: keys looked up, remembered for a moment, and held to their rate."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from time import monotonic

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from api.errors import Denied
from domain.actors import Viewer
from persistence.mongo import Unreachable
from persistence.workspaces import Keys

REMEMBERED = 5.0  # seconds a key is trusted without asking again: how long a removed key may still pass
KNOWN = 10_000  # keys remembered at once


class Door:
    """Lets in whoever has a key, as often as their rate allows. `rate` is requests a minute; 0 is without limit."""

    def __init__(self, keys: Keys, rate: int) -> None:
        self._keys = keys
        self._rate = RateLimitItemPerMinute(rate) if rate else None
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._known: dict[bytes, tuple[float, Viewer]] = {}

    async def enter(self, authorization: object) -> Viewer:
        """The viewer of an `Authorization` value; raises Denied with UNAUTHENTICATED or RATE_LIMITED."""
        scheme, _, secret = authorization.partition(" ") if isinstance(authorization, str) else ("", "", "")
        viewer = await self._viewer(secret.strip()) if scheme.casefold() == "bearer" else None
        if viewer is None:
            raise Denied(
                "UNAUTHENTICATED",
                "this needs a valid API key: send the header Authorization: Bearer tw_…, or the same in the "
                "payload of connection_init; make a key with `tierwire key create`",
            )
        await self.count(viewer)
        return viewer

    async def count(self, viewer: Viewer) -> None:
        """One more request or operation of this viewer; raises Denied with RATE_LIMITED when it is one too many."""
        if self._rate and not await self._limiter.hit(self._rate, viewer.credential):
            raise Denied(
                "RATE_LIMITED",
                f"the key {viewer.actor.name!r} has used up its {self._rate.amount:,} requests of this minute; "
                "wait, send many changes in one request, or raise TIERWIRE_RATE_LIMIT",
            )

    async def viewers(self, credentials: Collection[str]) -> Mapping[str, Viewer]:
        """Who may still come in of those who have; raises Unreachable."""
        return await self._keys.viewers(credentials) if credentials else {}

    async def _viewer(self, secret: str) -> Viewer | None:
        digest = hashlib.sha256(secret.encode()).digest()
        since, viewer = self._known.get(digest, (0.0, None))
        if viewer and monotonic() - since < REMEMBERED:
            return viewer
        try:
            viewer = await self._keys.viewer(secret)
        except Unreachable as error:
            raise Denied(
                "UNAVAILABLE", "the database cannot be reached; send it again in a moment"
            ) from error
        if viewer:
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[digest] = monotonic(), viewer
        return viewer


def authorization(headers: Mapping[str, str], params: Mapping[str, object] | None) -> object:
    """What a socket's opening says of its key: in the payload of connection_init, or in the handshake's header."""
    named = {name.casefold(): value for name, value in (params or {}).items()}
    return named.get("authorization") or headers.get("authorization")
