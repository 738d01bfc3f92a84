"""The commands: serve, demo, key create, schema."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import SecretStr, ValidationError
from rich.console import Console

from api.scalars import now
from api.schema import sdl
from api.settings import Settings
from domain.actors import Role
from persistence.embedded import EmbeddedUnavailable, embedded_mongo
from persistence.mongo import open_mongo
from persistence.workspaces import Keys, Workspaces

SOCKET_MESSAGE = 65_536  # bytes; operations are small, and bulk goes over HTTP
DRAIN = 30  # seconds that open requests and sockets have to end when the server stops

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tierwire: lead scoring with live tiers.")
keys = typer.Typer(no_args_is_help=True, help="API keys.")
app.add_typer(keys, name="key")
say = Console(stderr=True)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 1,
) -> None:
    """Serve the API, on an embedded MongoDB unless TIERWIRE_MONGO_URI names another."""
    with database() as settings:
        say.print(f"Tierwire serves http://{host}:{port}/graphql")
        say.print(key_hint(settings), soft_wrap=True)
        run_server(host, port, workers)


@keys.command()
def create(
    role: Annotated[Role, typer.Option(help="What the key may do.")],
    name: Annotated[str, typer.Option(help="The name its changes are signed with.")],
) -> None:
    """Make an API key, and print it: the only time it is shown."""
    with database() as settings:
        typer.echo(f"The key of {name}, shown only now: {asyncio.run(make_key(settings, role, name))}")


@app.command()
def schema() -> None:
    """Print the schema as SDL."""
    typer.echo(sdl(), nl=False)


@contextmanager
def database() -> Iterator[Settings]:
    """The settings, with a MongoDB to work on: an embedded one, as long as the context lasts, if none is named."""
    settings = _settings()
    if settings.mongo_uri is not None:
        yield settings
        return
    try:
        with embedded_mongo(settings.data) as uri:
            # Worker processes read the environment for themselves.
            os.environ["TIERWIRE_MONGO_URI"] = uri
            yield settings.model_copy(update={"mongo_uri": SecretStr(uri), "is_embedded": True})
    except EmbeddedUnavailable as error:
        say.print(str(error), style="red", soft_wrap=True)
        raise typer.Exit(1) from error


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for fault in error.errors(include_input=False):
            say.print(f"TIERWIRE_{fault['loc'][0]}: {fault['msg']}".upper(), style="red")
        raise typer.Exit(2) from error


async def make_key(settings: Settings, role: Role, name: str) -> str:
    """A new key of the settings' workspace, which is made if there is none."""
    assert settings.mongo_uri
    async with open_mongo(settings.mongo_uri.get_secret_value(), settings.mongo_database) as mongo:
        workspace = await Workspaces(mongo).named(settings.workspace, now())
        return await Keys(mongo).create(workspace, name, role, now())


def key_hint(settings: Settings) -> str:
    """What to tell of keys: the embedded database has one from its first start."""
    if settings.is_embedded:
        return (
            f"The owner's key is in {owner_key(settings)}; send it as the header Authorization: Bearer tw_…"
        )
    return "Make a key with: tierwire key create --role OWNER --name NAME"


def owner_key(settings: Settings) -> Path:
    """The file with the owner's key, which is made at the first start and readable by its owner alone."""
    path = settings.data / f"{settings.mongo_database}.{settings.workspace}.key"
    if not path.exists():
        secret = asyncio.run(make_key(settings, Role.OWNER, "owner"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secret + "\n")
    return path


def run_server(host: str, port: int, workers: int = 1) -> None:
    """Serve until told to stop."""
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_level="warning",
        ws_max_size=SOCKET_MESSAGE,
        # uvicorn's own keepalive closes with 1011, which clients take for final.
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=DRAIN,
    )
