"""How a message leaves the house: e-mail over SMTP, SMS through a webhook, or the embedded mailbox.

A delivery either took the message or raises DeliveryFailed with a code; trying again is the
outbox's business. No address and no text ever reaches a log or an error.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecard.config import LOOPBACK, Settings
from ecard.db import Base, Database, Id
from ecard.vault import Vault

SMS, EMAIL = "sms", "email"
MAILBOX_PLACE = "mailbox.content"
MAILBOX_SHOWN = 50
HTTP_OK = range(200, 300)


class DeliveryFailed(Exception):
    """The message was not taken; ``code`` says why, without a word about the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, addressed."""

    id: uuid.UUID
    """The same at every try: receivers can recognise a repeat."""
    kind: str
    medium: str
    """sms or email."""
    address: str
    language: str
    subject: str
    text: str
    at: datetime


class Delivery(Protocol):
    """What takes messages."""

    @property
    def media(self) -> frozenset[str]:
        """Of sms and email: what it can send."""

    def send(self, letter: Letter) -> None:
        """Hand the letter over; raises DeliveryFailed."""


# --- e-mail ---------------------------------------------------------------------------------


class SmtpDelivery:
    """E-mail over SMTP: ``smtps://`` is TLS from the start, ``smtp://`` upgrades by STARTTLS.

    Only a server on this machine may be spoken to without TLS.
    """

    media = frozenset({EMAIL})

    def __init__(
        self,
        url: str,
        sender: str,
        seconds: float,
        *,
        tls: ssl.SSLContext | None = None,
        plain_hosts: Collection[str] = LOOPBACK,
    ) -> None:
        """``url``: smtp[s]://user:password@host:port. ``tls``: whom to trust.

        ``plain_hosts``: where a server without TLS is put up with.
        """
        self._url = urlsplit(url)
        self._sender = sender
        self._seconds = seconds
        self._tls = tls or ssl.create_default_context()
        self._plain_hosts = plain_hosts

    def send(self, letter: Letter) -> None:
        """Send one e-mail; raises DeliveryFailed."""
        mail = self._compose(letter)
        try:
            with self._connected() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            raise DeliveryFailed("smtp_recipient_refused") from error
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryFailed("smtp_credentials_refused") from error
        except smtplib.SMTPNotSupportedError as error:
            raise DeliveryFailed("smtp_without_tls") from error
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
            raise DeliveryFailed("smtp_unreachable") from error
        except smtplib.SMTPException as error:
            raise DeliveryFailed("smtp_refused") from error
        except OSError as error:
            raise DeliveryFailed("smtp_unreachable") from error

    def _connected(self) -> smtplib.SMTP:
        host, implicit = self._url.hostname or "", self._url.scheme == "smtps"
        port = self._url.port or (465 if implicit else 587)
        server: smtplib.SMTP
        if implicit:
            server = smtplib.SMTP_SSL(host, port, timeout=self._seconds, context=self._tls)
        else:
            server = smtplib.SMTP(host, port, timeout=self._seconds)
        try:
            self._greet(server, host, implicit)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
        return server

    def _greet(self, server: smtplib.SMTP, host: str, implicit: bool) -> None:
        server.ehlo()
        if not implicit and (server.has_extn("starttls") or host not in self._plain_hosts):
            server.starttls(context=self._tls)
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))

    def _compose(self, letter: Letter) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        try:
            mail["To"] = letter.address
        except ValueError as error:  # a line break in it would begin a header of its own
            raise DeliveryFailed("address_refused") from error
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(letter.at.astimezone(UTC))
        mail["Message-ID"] = f"<{letter.id}@{self._sender.rpartition('@')[2] or 'localhost'}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text, cte="quoted-printable")
        mail["Content-Language"] = letter.language  # set_content clears content headers
        return mail


# --- SMS ------------------------------------------------------------------------------------


class SmsWebhook:
    """SMS by a signed POST: ``X-Ecard-Signature: t=<unix seconds>,v1=<hex>``.

    The signature is HMAC-SHA-256 with the shared secret over ``<unix seconds>.<body>``, so that a
    receiver can refuse what was changed or is old. Redirects are not followed.
    """

    media = frozenset({SMS})

    def __init__(
        self, url: str, secret: str, seconds: float, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._url = urlsplit(url)
        self._secret = secret.encode()
        self._seconds = seconds
        self._tls = tls or ssl.create_default_context()

    def send(self, letter: Letter) -> None:
        """Post one SMS; raises DeliveryFailed."""
        content = {
            "id": str(letter.id),
            "to": letter.address,
            "text": letter.text,
            "language": letter.language,
        }
        body = json.dumps(content, ensure_ascii=False).encode()
        try:
            status = self._post(body, self._headers(letter, body))
        except (OSError, HTTPException) as error:
            raise DeliveryFailed("sms_unreachable") from error
        if status not in HTTP_OK:
            raise DeliveryFailed(f"sms_answered_{status}")

    def _headers(self, letter: Letter, body: bytes) -> Mapping[str, str]:
        at = int(letter.at.timestamp())
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": str(letter.id),
            "X-Ecard-Signature": f"t={at},v1={sms_signature(self._secret, at, body)}",
        }

    def _post(self, body: bytes, headers: Mapping[str, str]) -> int:
        connection = _connection(self._url, self._seconds, self._tls)
        path = self._url.path or "/"
        try:
            connection.request(
                "POST", f"{path}?{self._url.query}" if self._url.query else path, body, headers
            )
            return connection.getresponse().status
        finally:
            connection.close()


def sms_signature(secret: bytes, at: int, body: bytes) -> str:
    """The signature of an SMS webhook call, hex: what a receiver computes to compare."""
    return hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _connection(url: SplitResult, seconds: float, tls: ssl.SSLContext) -> HTTPConnection:
    if url.scheme == "https":
        return HTTPSConnection(url.hostname or "", url.port, timeout=seconds, context=tls)
    return HTTPConnection(url.hostname or "", url.port, timeout=seconds)


# --- the embedded mailbox -------------------------------------------------------------------


class MailboxEntry(Base):
    """The embedded mailbox: what would have gone out, for the demo profile to show."""

    __tablename__ = "mailbox"
    id: Mapped[Id]
    address_index: Mapped[str] = mapped_column(sa.String(80), index=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """Medium, address, kind, subject, text as sealed JSON."""
    at: Mapped[datetime] = mapped_column(index=True)


class Mailbox:
    """Keeps every message sealed in a table instead of sending it."""

    media = frozenset({SMS, EMAIL})

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    def send(self, letter: Letter) -> None:
        """Keep one message; a repeat of the same is kept once."""
        content = {
            "medium": letter.medium,
            "address": letter.address,
            "kind": letter.kind,
            "subject": letter.subject,
            "text": letter.text,
        }
        with self._db.write() as session:
            if session.get(MailboxEntry, letter.id) is None:
                sealed = self._vault.seal_for(MAILBOX_PLACE, letter.id, json.dumps(content))
                index = self._index(letter.address)
                row = MailboxEntry(id=letter.id, address_index=index, content=sealed, at=letter.at)
                session.add(row)
            session.commit()

    def read(self, address: str) -> list[dict[str, object]]:
        """What came for an address, newest first, at most MAILBOX_SHOWN."""
        query = sa.select(MailboxEntry).filter_by(address_index=self._index(address))
        newest = query.order_by(MailboxEntry.at.desc(), MailboxEntry.id).limit(MAILBOX_SHOWN)
        with self._db.read() as session:
            rows = list(session.scalars(newest))
        return [{"at": row.at, **self._open(row)} for row in rows]

    def _open(self, row: MailboxEntry) -> dict[str, str]:
        return dict(json.loads(self._vault.open_for(MAILBOX_PLACE, row.id, row.content)))

    def _index(self, address: str) -> str:
        plain = address.strip().casefold()
        digits = "".join(c for c in plain if c.isdigit())  # a + in a query arrives as a blank
        return self._vault.index("mailbox_address", plain if "@" in plain else digits)


# --- joining --------------------------------------------------------------------------------


class ByMedium:
    """Several deliveries as one: each medium goes to the first that can send it."""

    def __init__(self, *deliveries: Delivery) -> None:
        self._of = {medium: d for d in reversed(deliveries) for medium in d.media}

    @property
    def media(self) -> frozenset[str]:
        """What any of them can send."""
        return frozenset(self._of)

    def send(self, letter: Letter) -> None:
        """Send by the delivery of the letter's medium; raises DeliveryFailed."""
        if letter.medium not in self._of:
            raise DeliveryFailed("no_delivery_for_medium")
        self._of[letter.medium].send(letter)


def delivery_from(settings: Settings, db: Database, vault: Vault) -> Delivery:
    """What the settings ask for; the demo's mailbox takes whatever has no other way."""
    ways: list[Delivery] = []
    if settings.smtp_url:
        ways.append(
            SmtpDelivery(settings.smtp_url, settings.smtp_sender, settings.outbound_seconds)
        )
    if settings.sms_webhook_url:
        secret, seconds = settings.sms_webhook_secret, settings.outbound_seconds
        ways.append(SmsWebhook(settings.sms_webhook_url, secret, seconds))
    if settings.demo:
        ways.append(Mailbox(db, vault))
    return ByMedium(*ways)
