"""Pages of other origins: which of them may call from a browser, and what the others are told."""

from __future__ import annotations

import structlog
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response

SHOWN = 200  # characters of an origin that are repeated; one is a host's name, and what is longer is none

_log = structlog.get_logger()


class Origins(CORSMiddleware):
    """Starlette's, which tells a page that may not call why, and what to do."""

    def preflight_response(self, request_headers: Headers) -> Response:
        if self.is_allowed_origin(origin := request_headers["origin"]):
            return super().preflight_response(request_headers)
        return refused(origin)


def refused(origin: str) -> Response:
    """The answer to a page of that origin; it is logged, as browsers show little of it."""
    origin = origin[:SHOWN]
    _log.warning("a page was refused, as its origin is not among TIERWIRE_ALLOWED_ORIGINS", origin=origin)
    return PlainTextResponse(
        f"pages of the origin {origin!r} may not call this server from a browser, as it is not among "
        "TIERWIRE_ALLOWED_ORIGINS; if they should, add it there, as in "
        '["https://app.example"], and start the server again',
        403,
    )
