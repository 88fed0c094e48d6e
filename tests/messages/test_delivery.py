"""What leaves the house: over TLS, signed, within a time limit, and never lost without a word."""

import email
import json
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default as modern

import pytest
import sqlalchemy as sa

from ecard.delivery import (
    ByMedium,
    DeliveryFailed,
    Letter,
    Mailbox,
    MailboxEntry,
    SmsWebhook,
    SmtpDelivery,
    delivery_from,
    sms_signature,
)
from tests.demo.ground import Ground
from tests.messages.servers import (
    Calls,
    Post,
    mail_server,
    silent_server,
    sms_server,
    trusting,
)

SECRET = "a secret of at least thirty-two characters"
LETTER = Letter(
    id=uuid.UUID(int=7),
    kind="link_active",
    medium="email",
    address="elena@example.org",
    language="es",
    subject="Un aviso: ñ, 家",
    text="Hola, Elena. 家庭服务\nSegunda línea.",
    at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC),
)
SMS_LETTER = replace(LETTER, medium="sms", address="+447700900112")


def smtp(port: int, scheme: str = "smtp", user: str = "", **more: object) -> SmtpDelivery:
    url = f"{scheme}://{user}127.0.0.1:{port}"
    return SmtpDelivery(url, "services@example.org", 2.0, tls=trusting(), **more)  # type: ignore[arg-type]


def sms(port: int, seconds: float = 2.0) -> SmsWebhook:
    url = f"https://127.0.0.1:{port}/send?v=1"
    return SmsWebhook(url, SECRET, seconds, tls=trusting())


def failure(delivery: SmtpDelivery | SmsWebhook | ByMedium, letter: Letter) -> str:
    with pytest.raises(DeliveryFailed) as failed:
        delivery.send(letter)
    assert letter.address not in str(failed.value)
    return failed.value.code


def test_an_e_mail_arrives_whole_over_starttls() -> None:
    post = Post()
    with mail_server(post) as port:
        smtp(port).send(LETTER)
    assert post.encrypted == [True]
    mail = email.message_from_string(post.mails[0], policy=modern)
    assert (mail["To"], mail["From"]) == ("elena@example.org", "services@example.org")
    assert mail["Subject"] == LETTER.subject
    assert mail["Content-Language"] == "es"
    assert mail["Message-ID"] == f"<{LETTER.id}@example.org>"
    assert mail.get_content().splitlines() == LETTER.text.splitlines()


def test_an_e_mail_goes_over_tls_from_the_start_where_asked() -> None:
    post = Post(implicit_tls=True)
    with mail_server(post) as port:
        smtp(port, "smtps").send(LETTER)
    assert post.encrypted == [True]


def test_a_user_and_password_of_the_address_are_given_after_tls() -> None:
    post = Post(password="p@ss/word")
    with mail_server(post) as port:
        smtp(port, user="services:p%40ss%2Fword@").send(LETTER)
    assert (post.logins, len(post.mails)) == (["services"], 1)


def test_a_wrong_password_of_the_mail_server_is_named() -> None:
    with mail_server(Post()) as port:
        assert failure(smtp(port, user="services:other@"), LETTER) == "smtp_credentials_refused"


def test_a_mail_server_without_tls_is_put_up_with_on_this_machine_only() -> None:
    post = Post(offers_tls=False)
    with mail_server(post) as port:
        smtp(port).send(LETTER)
        assert failure(smtp(port, plain_hosts=()), LETTER) == "smtp_without_tls"
    assert post.encrypted == [False]


def test_a_mail_server_that_nobody_vouches_for_gets_nothing() -> None:
    post = Post()
    with mail_server(post) as port:
        stranger = SmtpDelivery(f"smtp://127.0.0.1:{port}", "services@example.org", 2.0)
        assert failure(stranger, LETTER) == "smtp_unreachable"
    assert post.mails == []


def test_a_refused_recipient_is_named_as_such() -> None:
    with mail_server(Post(refuses_recipients=True)) as port:
        assert failure(smtp(port), LETTER) == "smtp_recipient_refused"


def test_a_mail_server_that_is_not_there_is_unreachable() -> None:
    with mail_server(Post()) as port:
        pass
    assert failure(smtp(port), LETTER) == "smtp_unreachable"


def test_a_silent_server_is_given_up_in_time() -> None:
    with silent_server() as port:
        began = time.monotonic()
        slow = SmtpDelivery(f"smtp://127.0.0.1:{port}", "services@example.org", 0.2)
        assert failure(slow, LETTER) == "smtp_unreachable"
        assert failure(sms(port, seconds=0.2), SMS_LETTER) == "sms_unreachable"
        assert time.monotonic() - began < 2


def test_a_header_cannot_be_smuggled_in_by_an_address() -> None:
    with mail_server(Post()) as port:
        bad = replace(LETTER, address="a@example.org\r\nBcc: b@example.org")
        assert failure(smtp(port), bad) == "address_refused"


def test_an_sms_is_posted_and_its_signature_covers_time_and_body() -> None:
    calls = Calls()
    with sms_server(calls) as port:
        sms(port).send(SMS_LETTER)
    (path, headers, body) = calls.taken[0]
    assert path == "/send?v=1"
    assert json.loads(body) == {
        "id": str(LETTER.id),
        "to": "+447700900112",
        "text": LETTER.text,
        "language": "es",
    }
    at = int(LETTER.at.timestamp())
    expected = sms_signature(SECRET.encode(), at, body)
    assert headers["X-Ecard-Signature"] == f"t={at},v1={expected}"
    assert headers["Idempotency-Key"] == str(LETTER.id)
    for other in (
        sms_signature(SECRET.encode(), at + 1, body),
        sms_signature(SECRET.encode(), at, body + b" "),
        sms_signature(b"another secret", at, body),
    ):
        assert other != expected


@pytest.mark.parametrize("status", [302, 400, 401, 429, 500, 503])
def test_an_answer_that_is_no_success_is_a_failure_with_its_status(status: int) -> None:
    calls = Calls(status=status)
    with sms_server(calls) as port:
        assert failure(sms(port), SMS_LETTER) == f"sms_answered_{status}"
    assert len(calls.taken) == 1, "a redirect is not followed"


def test_a_webhook_that_is_not_there_is_unreachable() -> None:
    with sms_server(Calls()) as port:
        pass
    assert failure(sms(port), SMS_LETTER) == "sms_unreachable"


def test_the_mailbox_keeps_messages_sealed_and_shows_them_by_address(ground: Ground) -> None:
    box = Mailbox(ground.joined.db, ground.joined.dependencies.vault)
    box.send(SMS_LETTER)
    box.send(SMS_LETTER)
    for written in ("+447700900112", " 447700900112", "+44 7700 900112"):
        assert [item["text"] for item in box.read(written)] == [LETTER.text]
    assert box.read("+447700900113") == []
    with ground.joined.db.read() as session:
        row = session.scalars(sa.select(MailboxEntry)).one()
    assert b"Elena" not in row.content
    assert "447700900112" not in row.address_index


def test_the_mailbox_shows_the_newest_first(ground: Ground) -> None:
    box = Mailbox(ground.joined.db, ground.joined.dependencies.vault)
    for hour in (9, 11, 10):
        at = LETTER.at.replace(hour=hour)
        box.send(replace(LETTER, id=uuid.uuid4(), at=at, address="Elena@example.org"))
    assert [item["at"].hour for item in box.read(LETTER.address)] == [11, 10, 9]  # type: ignore[attr-defined]


def test_in_the_demo_the_mailbox_takes_what_has_no_other_way(ground: Ground) -> None:
    calls = Calls()
    with sms_server(calls) as port:
        box = Mailbox(ground.joined.db, ground.joined.dependencies.vault)
        both = ByMedium(sms(port), box)
        both.send(SMS_LETTER)
        both.send(LETTER)
    assert len(calls.taken) == 1
    assert [item["medium"] for item in box.read(LETTER.address)] == ["email"]


def test_outside_the_demo_there_is_no_mailbox(ground: Ground) -> None:
    settings = replace(
        ground.joined.settings,
        profile="production",
        smtp_url="smtps://mail.example.org",
        smtp_sender="services@example.org",
    )
    real = delivery_from(settings, ground.joined.db, ground.joined.dependencies.vault)
    assert real.media == {"email"}
    with pytest.raises(DeliveryFailed, match="no_delivery_for_medium"):
        real.send(SMS_LETTER)
    demo = delivery_from(ground.joined.settings, ground.joined.db, ground.joined.dependencies.vault)
    assert demo.media == {"email", "sms"}
