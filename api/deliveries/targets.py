"""Targets: the addresses that may be called, held when an automation is saved and again at every connection.

A name may resolve to something else tomorrow, or to several addresses at once: so every one of them must be allowed,
and what is connected to is an address that was looked at, never the name.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from yarl import URL

from domain.automations import Action
from domain.errors import Fault, Problem, refuse

PATIENCE = 5.0  # seconds for a name to be resolved while somebody waits to save an automation
LOOKUPS = (
    32  # names that are resolved at once; a name server that is slow to answer must not hold up the others
)
BOUND = "an https URL of a public host"
BOUND_PRIVATE = "an http or https URL"
PORTS = {"http": 80, "https": 443}
NO_HOST, NUMBERS = re.compile(r"[%\s]"), re.compile(r"[\d.]+")
KNOWN = 1_000  # URLs that are read once: reading one takes as long as signing a message

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class NotATarget(Exception):
    """What may not be called, and why; the words hold no part of the URL, which may be a secret."""


class Unresolved(NotATarget):
    """Nobody can say now whether it may be called."""


class Names:
    """Resolves names on threads of its own; who asks for the same name meanwhile has the same answer."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, "names")
        self._asked: dict[tuple[str, int], asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        asked = self._asked.get((host, port))
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = loop.run_in_executor(self._threads, _looked_up, host, port)
            self._asked[host, port] = asked
            asked.add_done_callback(lambda _: self._answered(host, port))
        return await asyncio.shield(asked)

    def _answered(self, host: str, port: int) -> None:
        asked = self._asked.pop((host, port))
        if not asked.cancelled():
            asked.exception()  # looked at, for those who asked may have gone

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _looked_up(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Targets:
    """Which addresses may be called: those of public hosts, by https; with *allow_private* any, and by http too."""

    def __init__(self, resolve: Resolve, *, allow_private: bool = False) -> None:
        self._resolve = resolve
        self._allow_private = allow_private

    async def check(self, actions: Sequence[Action]) -> None:
        """Raises InvalidInput for the URLs of a plan's actions that cannot be called."""
        problems = await asyncio.gather(*(self._problem(at, each.url) for at, each in enumerate(actions)))
        refuse(each for each in problems if each)

    async def _problem(self, at: int, url: str | None) -> Problem | None:
        if url is None:
            return None
        try:
            parsed = self.parsed(url)
            async with asyncio.timeout(PATIENCE):
                await self.addresses(parsed.raw_host or "", parsed.port or PORTS[parsed.scheme])
        except TimeoutError:
            why = "its host's name takes too long to resolve"
        except NotATarget as error:
            why = str(error)
        else:
            return None
        bound = BOUND_PRIVATE if self._allow_private else BOUND
        return Problem(("automation", "actions", str(at), "url"), Fault.NOT_A_TARGET, bound, why)

    def parsed(self, url: str) -> URL:
        """The URL, in the form in which it is called; raises NotATarget."""
        try:
            parsed = _read(url)
        except ValueError:
            raise NotATarget("it is no URL") from None
        if why := next(self._faults(parsed, url), None):
            raise NotATarget(why)
        return parsed

    def _faults(self, url: URL, written: str) -> Iterator[str]:
        if url.scheme not in (PORTS if self._allow_private else {"https"}):
            yield "it is not https" if url.scheme in PORTS else "it does not begin with https://"
        if not url.raw_host or NO_HOST.search(url.raw_host):
            yield "it names no host"
        if url.port == 0:
            yield "it names no port"
        if "@" in urlsplit(written).netloc:
            yield "it holds a user's name or password"
        if "#" in written:
            yield "it has a fragment"

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """What the host's name stands for now; raises NotATarget unless every one of its addresses may be called."""
        try:
            found = await self._resolve(host.strip("[]"), port)
        except (OSError, UnicodeError):
            raise Unresolved("its host's name cannot be resolved") from None
        if not found:
            raise Unresolved("its host's name has no address")
        for each in found:
            self.allow(each)
        return found

    def allow(self, address: str) -> None:
        """Raises NotATarget unless the address may be called."""
        if not self._allow_private and not is_public(address):
            raise NotATarget("its host is, or may be, at a private address")


@lru_cache(KNOWN)
def _read(url: str) -> URL:
    """The URL, its path as it was written where it can be: a target may have signed it. Raises ValueError."""
    if not url.isprintable():
        raise ValueError("it would break a line")
    read = URL(url)
    host = read.raw_host or ""
    if NUMBERS.fullmatch(host):
        ip_address(host)  # or it is an address in a spelling that everybody reads in their own way
    if " " in url or not url.isascii():
        return read
    written = URL(url, encoded=True)
    return URL.build(
        scheme=read.scheme,
        authority=read.raw_authority,
        path=written.raw_path,
        query_string=written.raw_query_string,
        encoded=True,
    )


def is_public(address: str) -> bool:
    """Whether it is an address of the open internet, however it is written."""
    try:
        return _is_public(ip_address(address))
    except ValueError:
        return False


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        # A v4 address in v6 clothes: what counts is where the packet ends up.
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
        if address.is_site_local:  # which is private, and of which is_global knows nothing
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)
