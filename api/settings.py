"""Settings: the one reader of the environment."""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path

from pydantic import Field, PrivateAttr, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from TIERWIRE_* variables; the defaults run everything on one machine with nothing else installed."""

    # Inputs are hidden because a URL that is refused may hold a password.
    model_config = SettingsConfigDict(env_prefix="TIERWIRE_", hide_input_in_errors=True)

    mongo_uri: SecretStr | None = Field(
        default=None,
        description="A MongoDB replica set. Without it an embedded MongoDB is started and kept under DATA.",
    )
    mongo_database: str = Field(default="tierwire", description="The database's name.")
    redis_url: SecretStr | None = Field(
        default=None,
        description="A Redis or Valkey, through which one process reads the database's log for all of several. "
        "Without it, or while it is away, each reads the log for itself.",
    )
    data: Path = Field(
        default=Path.home() / ".tierwire",
        description="The folder of the embedded MongoDB and the owner's key.",
    )
    workspace: str = Field(default="default", description="The workspace that the command line works on.")
    rate_limit: int = Field(
        default=6_000, ge=0, description="Requests a minute for one key; 0 is without limit."
    )
    allowed_origins: list[str] = Field(
        default=[],
        description="Origins, as JSON, whose pages may call from a browser; the server's own always may.",
    )
    graphiql: bool = Field(default=True, description="Whether GET /graphql shows GraphiQL in a browser.")
    allow_private_targets: bool = Field(
        default=False,
        description="Whether automations may call private, loopback and link-local addresses, and by http.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="The server that automations send mail through, as smtp://user:password@host:587, or smtps://…",
    )
    mail_from: str | None = Field(
        default=None, description="Whom their mail is from, as an address or as Name <address>."
    )
    back_office: Path | None = Field(
        default=None,
        description="The socket of the process that does what nobody waits for: jobs, steps of time, deliveries. "
        "`tierwire serve` begins one and sets this, which is not to be set by hand.",
    )
    _is_embedded: bool = PrivateAttr(default=False)

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the embedded one."""
        return self._is_embedded

    def embedded_at(self, uri: str) -> Settings:
        """These settings, with the embedded database at that address."""
        settings = self.model_copy(update={"mongo_uri": SecretStr(uri)})
        settings._is_embedded = True  # noqa: SLF001 - of its own class
        return settings

    @field_validator("mongo_uri")
    @classmethod
    def _is_mongo_uri(cls, uri: SecretStr | None) -> SecretStr | None:
        if uri and not uri.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("must begin with mongodb:// or mongodb+srv://")
        return uri

    @field_validator("redis_url")
    @classmethod
    def _is_redis_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return url

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError("must begin with smtp:// or smtps://")
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_one_address(cls, mail_from: str | None) -> str | None:
        if mail_from is not None and not (mail_from.isprintable() and "@" in parseaddr(mail_from)[1]):
            raise ValueError("must be one address, as in Tierwire <tierwire@example.com>")
        return mail_from
