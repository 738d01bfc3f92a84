"""The settings of deliveries: what cannot work is refused when the process starts, and not shown."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.settings import Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_url", "mail.example.com:587"),
        ("smtp_url", "http://mail.example.com/hush"),
        ("mail_from", "Tierwire"),
        ("mail_from", "Tierwire <tierwire@example.com>\nBcc: hush@example.com"),
        ("allow_private_targets", "hush"),
    ],
)
def test_what_cannot_work_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TIERWIRE_{name.upper()}", value)

    with pytest.raises(ValidationError) as refusal:
        Settings()

    assert name in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_what_works_is_read_and_the_password_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERWIRE_SMTP_URL", "smtps://ada:hush@mail.example.com")
    monkeypatch.setenv("TIERWIRE_MAIL_FROM", "Tierwire <tierwire@example.com>")
    monkeypatch.setenv("TIERWIRE_ALLOW_PRIVATE_TARGETS", "true")

    settings = Settings()

    assert settings.allow_private_targets
    assert settings.mail_from == "Tierwire <tierwire@example.com>"
    assert "hush" not in repr(settings)
