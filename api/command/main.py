"""The commands: serve, demo, key create, schema."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from socket import create_server, socket
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from api.app import connected
from api.command.back_office import back_office
from api.command.demo import play
from api.command.keys import make_key, owner_key
from api.command.serving import run_server
from api.schema import sdl
from api.settings import Settings
from domain.actors import Role
from persistence.embedded import EmbeddedUnavailable, embedded_mongo
from persistence.mongo import Unreachable

HERE = "127.0.0.1"

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tierwire: lead scoring with live tiers.")
keys = typer.Typer(no_args_is_help=True, help="API keys.")
app.add_typer(keys, name="key")
say = Console(stderr=True)

Port = Annotated[int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 takes a free one.")]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = HERE,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share requests and boards.")] = 1,
) -> None:
    """Serve the API, on an embedded MongoDB unless TIERWIRE_MONGO_URI names another."""
    with database() as settings:
        say.print(f"Tierwire serves http://{host}:{port}/graphql")
        say.print(key_hint(settings), soft_wrap=True)
        with back_office():
            run_server(host, port, workers)


@app.command()
def demo(port: Port = 8000) -> None:
    """Serve a workspace named "demo" with made-up leads that are at it all the time, until Ctrl-C."""
    with suppress(KeyboardInterrupt), listening(port) as opened, database() as settings:
        asyncio.run(play(settings, opened, Console(markup=False, highlight=False)))


@contextmanager
def listening(port: int) -> Iterator[socket]:
    """A socket at that port, opened before anything else, as it is what most likely fails."""
    try:
        opened = create_server((HERE, port))
    except OSError as error:
        say.print(f"port {port} cannot be had ({error.strerror}); choose another with --port", style="red")
        raise typer.Exit(1) from error
    with opened:
        yield opened


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
        asyncio.run(_reach(settings))
        yield settings
        return
    try:
        with embedded_mongo(settings.data) as uri:
            # Worker processes read the environment for themselves.
            os.environ["TIERWIRE_MONGO_URI"] = uri
            yield settings.embedded_at(uri)
    except EmbeddedUnavailable as error:
        say.print(str(error), style="red", soft_wrap=True)
        raise typer.Exit(1) from error


async def _reach(settings: Settings) -> None:
    try:
        async with connected(settings):
            pass
    except Unreachable as error:
        reason = str(error).partition(",")[0]
        say.print(
            f"TIERWIRE_MONGO_URI: no MongoDB can be reached there ({reason}); is it running, and a replica set?",
            style="red",
            soft_wrap=True,
            markup=False,
        )
        raise typer.Exit(1) from error


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        faults = [(str(each["loc"][0]), each["msg"]) for each in error.errors(include_input=False)]
        raise _refused(faults) from error
    except SettingsError as error:
        # What should be JSON is none. The field's name stands in the message alone.
        names = re.findall(r'field "(\w+)"', str(error))
        raise _refused(
            [(name, 'write a JSON list, as in ["https://app.example"]') for name in names]
        ) from error


def _refused(faults: Iterable[tuple[str, str]]) -> typer.Exit:
    """The end of a command whose settings have these faults, told in a line each."""
    for name, fault in faults:
        say.print(f"TIERWIRE_{name.upper()}: {fault}", style="red", soft_wrap=True, markup=False)
    return typer.Exit(2)


def key_hint(settings: Settings) -> str:
    """What to tell of keys: the embedded database has one from its first start."""
    if settings.is_embedded:
        path = asyncio.run(owner_key(settings))
        return f"The owner's key is in {path}; send it as the header Authorization: Bearer tw_…"
    return "Make a key with: tierwire key create --role OWNER --name NAME"
