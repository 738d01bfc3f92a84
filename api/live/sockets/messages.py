"""The messages of graphql-transport-ws, as they come in: read, or found to break the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from api.live.operations import Operation

Payload = dict[str, Any] | None


class Breach(Exception):
    """The socket cannot go on; closed with that code and for that reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Init:
    payload: Payload


@dataclass(frozen=True, slots=True)
class Ping:
    payload: Payload


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class Subscribe:
    id: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Complete:
    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def message_of(text: str | None) -> Message:
    """The message that a text is; None is one in binary. Raises Breach."""
    if text is None:
        raise Breach(4400, "Messages are text, not binary")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Breach(4400, "Messages are JSON") from error
    if not isinstance(message, dict):
        raise Breach(4400, "A message is a JSON object")
    return _message(message)


def pong(payload: Payload) -> bytes:
    """The answer to a ping, with the payload of that. Raises Breach."""
    echoed = {} if payload is None else {"payload": payload}
    try:
        return orjson.dumps({"type": "pong", **echoed})
    except TypeError as error:  # more is read than is written
        raise Breach(4400, "The payload of the message is nested too deeply") from error


def _message(message: dict[str, Any]) -> Message:
    match message.get("type"):
        case "connection_init":
            return Init(_payload(message))
        case "ping":
            return Ping(_payload(message))
        case "pong":
            _payload(message)
            return Pong()
        case "subscribe":
            return Subscribe(_id(message), _operation(message.get("payload")))
        case "complete":
            return Complete(_id(message))
    raise Breach(4400, "The type of the message is none of graphql-transport-ws")


def _payload(message: dict[str, Any]) -> Payload:
    payload: Payload = _typed("payload", message.get("payload"), dict | None)
    return payload


def _id(message: dict[str, Any]) -> str:
    name: str = _typed("id", message.get("id"), str)
    return name


def _operation(payload: object) -> Operation:
    asked: dict[str, Any] = _typed("payload", payload, dict)
    _typed("extensions", asked.get("extensions"), dict | None)
    return Operation(
        _typed("query", asked.get("query"), str),
        _typed("operationName", asked.get("operationName"), str | None),
        _typed("variables", asked.get("variables"), dict | None) or {},
    )


def _typed(name: str, value: object, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise Breach(4400, f"The {name} of the message is missing, or of the wrong type")
    return value
