"""GraphQL over HTTP, as events too, and WebSocket: Strawberry's view, with every choice spelled out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, cast

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from api.auth import Door
from api.context import Context, House
from api.errors import Denied
from api.live.events.stream import HEADERS, accepts_events, failure
from api.live.operations import Operation, Refused
from api.live.sockets.crowd import Crowd
from api.origins import refused
from api.schema import schema

SUBSCRIBE = (
    "a subscription goes over a WebSocket to this address, by graphql-transport-ws, or is asked for with "
    "`Accept: text/event-stream`, by graphql-sse in distinct connections"
)
QUERY = 65_536  # characters: queries are kept once parsed, so that they must be bounded
STATUS = {"UNAUTHENTICATED": 401, "RATE_LIMITED": 429, "UNAVAILABLE": 503}


class _Live(Exception):
    """A live operation, of a client that takes events."""

    def __init__(self, asked: Operation) -> None:
        super().__init__(asked)
        self.asked = asked


class _Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """Hands a socket over to those who speak with it; Strawberry has looked at its origin and its protocol."""

    websocket: ASGIWebSocketAdapter

    async def handle(self) -> None:
        await cast("View", self.view).crowd.serve(self.websocket.ws)


class View(GraphQL[Context, None]):
    """The one endpoint. Queries by GET, uploads, batches and the legacy WebSocket protocol are not offered."""

    graphql_transport_ws_handler_class = _Handler

    def __init__(self, house: House, door: Door, origins: Sequence[str], *, graphiql: bool) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if graphiql else None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            multipart_uploads_enabled=False,
            allowed_origins=origins,
        )
        self._house = house
        self.door = door
        self.crowd = Crowd(house, door)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            try:
                scope["viewer"] = await self.door.enter(Request(scope).headers.get("authorization"))
            except Denied as denied:
                await _denial(denied)(scope, receive, send)
                return
            # Who hangs up while it sends is not answered, and is no trouble.
            with suppress(ClientDisconnect):
                await (await self._answer(Request(scope, receive)))(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def reject_websocket(self, request: WebSocket) -> WebSocket:
        """Of a page of another origin; the server's own say why, others just refuse the handshake."""
        refusal = refused(request.headers.get("origin", ""))
        if "websocket.http.response" not in request.scope.get("extensions", {}):
            return await super().reject_websocket(request)
        await request.send_denial_response(refusal)
        return request

    async def _answer(self, request: Request) -> ASGIApp:
        try:
            return await self.run(request)
        except _Live as live:
            return partial(self._stream, live.asked)
        except HTTPException as refusal:
            error = {"message": refusal.reason, "extensions": {"code": "BAD_REQUEST"}}
            return JSONResponse({"errors": [error]}, refusal.status_code)

    async def _stream(self, asked: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        position = Request(scope).headers.get("last-event-id")
        try:
            context = Context(self._house, scope["viewer"], position or None)
            await self.crowd.stream(asked, context, scope, receive, send)
        except Refused as refused:
            await _refusal(refused.errors)(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - the base's signature
        return Context(self._house, request.scope.get("viewer"))

    def parse_json(self, data: str | bytes) -> Any:
        parsed = super().parse_json(data)
        if not isinstance(parsed, dict):
            raise HTTPException(400, "The body must be a JSON object with a query in it")
        if len(str(parsed.get("query"))) > QUERY:
            raise HTTPException(
                400, f"The query may have at most {QUERY:,} characters; variables carry the data"
            )
        return parsed

    async def execute_single(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        try:
            return await super().execute_single(*args, **kwargs)
        except HTTPException as refusal:
            if getattr(refusal.__cause__, "operation_type", None) is not OperationType.SUBSCRIPTION:
                raise
            if accepts_events(kwargs["request"].headers.get("accept", "")):
                raise _Live(_operation(kwargs["request_data"])) from None
            return ExecutionResult(data=None, errors=[GraphQLError(SUBSCRIBE)])

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        # Text, for bytes would go to sockets as binary frames.
        return orjson.dumps(data).decode()


def _operation(asked: GraphQLRequestData) -> Operation:
    return Operation(asked.query or "", asked.operation_name, asked.variables or {})


def _refusal(errors: Sequence[GraphQLError]) -> Response:
    """Of a live operation that did not begin: by events, as the protocol wants it, unless HTTP has a word for it."""
    (first, *_) = errors
    if isinstance(first, Denied):
        return _denial(first)
    return Response(failure(errors), headers=HEADERS)


def _denial(denied: Denied) -> JSONResponse:
    code = (denied.extensions or {})["code"]
    headers = {"UNAUTHENTICATED": {"www-authenticate": "Bearer"}, "RATE_LIMITED": {"retry-after": "60"}}
    return JSONResponse({"errors": [denied.formatted]}, STATUS[code], headers.get(code))
