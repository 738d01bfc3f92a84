"""The way of mail: through one SMTP server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import SecretStr

from api.deliveries.answers import Answer, Verdict, later, never
from api.deliveries.messages import NoAddress, mail
from domain.deliveries import Delivery

UNSET = "no mail can be sent: {} is not set"
PERMANENT = range(500, 600)  # replies of SMTP to what would be refused again
PORTS = {"smtp": 587, "smtps": 465}


class Mail:
    """Sends mail through the server of *url*, from *mail_from*; both must be set for it to send any."""

    def __init__(self, url: SecretStr | None, mail_from: str | None) -> None:
        self._server = _server(url.get_secret_value()) if url else None
        self._from = mail_from

    async def send(self, delivery: Delivery, at: datetime) -> Answer:
        """What became of one mail."""
        if self._server is None or self._from is None:
            return later(UNSET.format("TIERWIRE_MAIL_FROM" if self._server else "TIERWIRE_SMTP_URL"))
        try:
            return await _sent(mail(delivery, self._from, at), self._server)
        except NoAddress as error:
            return never(str(error))
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused([each.code for each in error.recipients])
        except aiosmtplib.SMTPResponseException as error:
            return Answer(Verdict.LATER, error.code, f"the mail server answered {error.code}")
        except (aiosmtplib.SMTPException, OSError) as error:
            return later(f"the mail server could not be spoken with ({type(error).__name__})")


async def _sent(message: EmailMessage, server: Mapping[str, Any]) -> Answer:
    refused, _ = await aiosmtplib.send(message, timeout=None, **server)
    some = f"the mail server refused {len(refused)} of its addresses" if refused else None
    return Answer(Verdict.DONE, 250, some)


def _refused(codes: list[int]) -> Answer:
    """All addresses were refused: for good, unless one of them only for now."""
    lasting = all(code in PERMANENT for code in codes)
    error = f"the mail server refused every address, with {', '.join(map(str, sorted(set(codes))))}"
    return Answer(Verdict.NEVER if lasting else Verdict.LATER, codes[0], error)


def _server(url: str) -> Mapping[str, Any]:
    """How to speak with the server of that URL."""
    parts = urlsplit(url)
    password = unquote(parts.password) if parts.password else None
    tls = parts.scheme == "smtps"
    return {
        "hostname": parts.hostname or "localhost",
        "port": parts.port or PORTS[parts.scheme],
        "username": unquote(parts.username) if parts.username else None,
        "password": password,
        "use_tls": tls,
        # Encrypted where it can be. With a password it must be, or whoever stands between could have it for the asking.
        "start_tls": False if tls else True if password and not _is_here(parts.hostname) else None,
    }


def _is_here(host: str | None) -> bool:
    try:
        return ip_address(host or "localhost").is_loopback
    except ValueError:
        return host in (None, "localhost")
