"""GraphQL over HTTP and WebSocket: Strawberry's view, with every choice spelled out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from api.auth import Door, authorization
from api.context import Context, House
from api.errors import Denied
from api.schema import schema

OPERATIONS = 100  # under way on one socket
INIT = timedelta(seconds=10)  # to say connection_init after a socket has opened
SUBSCRIBE = "a subscription goes over a WebSocket to this address, by graphql-transport-ws"
QUERY = 65_536  # characters: queries are kept once parsed, so that they must be bounded
STATUS = {"UNAUTHENTICATED": 401, "RATE_LIMITED": 429, "UNAVAILABLE": 503}


class _Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """Strawberry's, held to the protocol on every input: what breaks it closes the socket with 4400 and a reason."""

    @staticmethod
    def _get_pre_execution_close_reason(error: object) -> str | None:  # noqa: ARG004 - the base's signature
        # A mistake in one operation is that operation's error; the others on its socket go on.
        return None

    async def handle_message(self, message: Any) -> None:
        if not _is_message(message):
            await self.handle_invalid_message("This is no message of graphql-transport-ws")
            return
        if message.get("payload", message) is None:
            del message["payload"]  # allowed where a payload is optional
        await super().handle_message(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        refusal = await self._refusal(message)
        if refusal is None:
            await super().handle_subscribe(message)
        else:
            refused: Any = {"id": message["id"], "type": "error", "payload": [refusal.formatted]}
            await self.send_message(refused)

    async def _refusal(self, message: SubscribeMessage) -> GraphQLError | None:
        if not message["payload"]["query"].strip():
            return GraphQLError("there is no query in this operation")
        try:
            if self.context.viewer:
                await cast("View", self.view).door.count(self.context.viewer)
        except Denied as denied:
            return denied
        return None


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("id", ""), str):
        return False
    payload = message.get("payload")
    if message.get("type") != "subscribe":
        return isinstance(message.get("type"), str) and isinstance(payload, dict | None)
    return isinstance(payload, dict) and all(
        isinstance(payload.get(name), kind) for name, kind in _OPERATION.items()
    )


_OPERATION = {
    "query": str,
    "variables": dict | None,
    "operationName": str | None,
    "extensions": dict | None,
}


class View(GraphQL[Context, None]):
    """The one endpoint. Queries by GET, uploads, batches and the legacy WebSocket protocol are not offered."""

    graphql_transport_ws_handler_class = _Handler

    def __init__(self, house: House, door: Door, origins: Sequence[str], *, graphiql: bool) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if graphiql else None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INIT,
            multipart_uploads_enabled=False,
            max_subscriptions_per_connection=OPERATIONS,
            allowed_origins=origins,
        )
        self._house = house
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            try:
                scope["viewer"] = await self.door.enter(Request(scope).headers.get("authorization"))
            except Denied as denied:
                await _denial(denied)(scope, receive, send)
                return
            await (await self._answer(Request(scope, receive)))(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self.run(request)
        except HTTPException as refusal:
            error = {"message": refusal.reason, "extensions": {"code": "BAD_REQUEST"}}
            return JSONResponse({"errors": [error]}, refusal.status_code)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - the base's signature
        context = Context(self._house, request.scope.get("viewer"))
        if isinstance(request, WebSocket):
            context.headers = request.headers
        return context

    async def on_ws_connect(self, context: Context) -> Any:
        try:
            context.viewer = await self.door.enter(authorization(context.headers, context.connection_params))
        except Denied as denied:
            raise ConnectionRejectionError from denied
        return await super().on_ws_connect(context)

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
            return ExecutionResult(data=None, errors=[GraphQLError(SUBSCRIBE)])

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        # Text, for bytes would go to sockets as binary frames.
        return orjson.dumps(data).decode()


def _denial(denied: Denied) -> JSONResponse:
    code = (denied.extensions or {})["code"]
    headers = {"UNAUTHENTICATED": {"www-authenticate": "Bearer"}, "RATE_LIMITED": {"retry-after": "60"}}
    return JSONResponse({"errors": [denied.formatted]}, STATUS[code], headers.get(code))
