"""The bounds that README tells of, in its order, as the code holds them."""

from __future__ import annotations

from api import limits as edge
from api.app import BODY
from api.command import serving
from api.live import boards, hub
from api.live.sockets import crowd, socket, wire
from api.subscriptions import tiers
from api.types.common import PAGE
from domain import automations, bounds
from domain.conditions import checking
from domain.contributions import PAYMENTS
from domain.leads import MERGED
from domain.levels import LEVELS
from domain.rules import RULES, SPAN, TIMES
from domain.templating import TEMPLATE
from persistence.moves import MOVED
from persistence.rehearsal import REHEARSED

PATIENCE = crowd.Patience()
BOUNDS = [
    f"{BODY:,} bytes",
    f"{serving.SOCKET_MESSAGE:,} bytes, {socket.OPERATIONS}",
    f"{edge.DEPTH}, {edge.ALIASES}, {edge.TOKENS:,}",
    f"{PAGE[0]} to {PAGE[1]}",
    f"{edge.NODES:,}",
    f"{bounds.BULK:,}",
    f"{LEVELS}, {tiers.NAMES}",
    f"{bounds.NAME} characters",
    f"{bounds.EMAIL} characters",
    f"{bounds.KEY} characters",
    f"{bounds.KIND} characters, UPPER_SNAKE",
    f"{bounds.REASON:,} characters",
    f"{bounds.JSON_BYTES:,} bytes, {bounds.JSON_DEPTH} levels deep",
    f"{bounds.TAGS}",
    f"{LEVELS}, {RULES}",
    (
        f"{checking.TESTS} tests, nested {checking.DEPTH} deep; "
        f"texts of {checking.TEXT:,} characters, lists of {checking.LIST} values, {checking.SIZE:,} characters in all"
    ),
    f"{automations.AUTOMATIONS}, {automations.ACTIONS}",
    f"{automations.SUBJECT}, {TEMPLATE:,}, {automations.URL:,} characters",
    f"1 to {automations.COOLDOWN:,} seconds",
    f"{automations.HOPS}",
    f"1 to {TIMES:,}",
    f"1 to {SPAN:,}",
    f"{PAYMENTS}",
    f"{MERGED}",
    f"{REHEARSED:,}",
    f"{MOVED:,}",
    f"±{bounds.POINTS:,}, not 0",
    f"±{bounds.SCORE:,}",
    f"from {bounds.EARLIEST:%Y-%m-%d} to a day ahead",
    f"every {boards.PACE * 1000:.0f} ms",
    f"{crowd.SOCKETS:,}, {crowd.KEY_SOCKETS:,}",
    ", ".join(f"{each:.0f}" for each in (PATIENCE.init, PATIENCE.ping, PATIENCE.silence, PATIENCE.stalled)),
    f"{wire.SLOW:,}",
    f"{hub.MISSED:,}",
    f"{hub.FRAME}",
    f"{hub.PENDING:,}",
    f"{hub.RING:,} in each process",
]
