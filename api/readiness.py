"""Whether a process is ready to serve, for those who decide where requests go."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from persistence.health import Health

AWAY = "the database does not answer"
FRESH = {"cache-control": "no-store"}


async def readiness(health: Health) -> Response:
    """200 while the database answers; that Redis is away costs no more than some work, and is only told."""
    relayed = health.is_relayed()
    relay = {} if relayed is None else {"relay": "reached" if relayed else "away"}
    if await health.database_answers():
        return JSONResponse({"ready": True, "database": "reached", **relay}, headers=FRESH)
    return JSONResponse({"ready": False, "reason": AWAY, "database": "away", **relay}, 503, FRESH)
