"""Messages: in the person's language, to the contact on file, once, and codes leave no trace."""

import ast
import json
import string
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import ecard
from ecard.call import Call
from ecard.delivery import DeliveryFailed, Letter, Mailbox
from ecard.locale import catalogue
from ecard.messages import service
from ecard.messages.models import Message
from ecard.outbox import Job
from ecard.registry.port import Contact, RegistryPerson, RegistryUnavailable
from ecard.registry.sql import SqlRegistry, store_person
from ecard.worker import Work, Worker
from tests.demo.ground import Ground


class BrokenDelivery:
    """Refuses everything."""

    media = frozenset({"sms", "email"})

    def send(self, letter: Letter) -> None:
        raise DeliveryFailed("sms_answered_503")


class MailOnly:
    """Takes e-mail and remembers it."""

    media = frozenset({"email"})

    def __init__(self) -> None:
        self.taken: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.taken.append(letter)


class SilentRegistry(SqlRegistry):
    """A core system that does not answer."""

    def person(self, ref: str) -> RegistryPerson | None:
        raise RegistryUnavailable("no answer")


def notify(ground: Ground, ref: str, kind: str, **params: object) -> uuid.UUID:
    person_id = ground.holder(ref).holder.person_id
    with ground.joined.db.write() as session:
        message_id = service.notify(session, ground.call, person_id, kind, **params)
        session.commit()
    return message_id


def send_code(ground: Ground, ref: str, code: str = "482913") -> uuid.UUID:
    known = ground.people.persons[ref]
    with ground.joined.db.write() as session:
        message_id = service.send_code(session, ground.call, known, "sign_in_code", code)
        session.commit()
    return message_id


def row(ground: Ground, message_id: uuid.UUID) -> Message:
    with ground.joined.db.read() as session:
        return session.get_one(Message, message_id)


def received(ground: Ground, address: str) -> list[str]:
    box = Mailbox(ground.joined.db, ground.joined.dependencies.vault)
    return [str(item["text"]) for item in box.read(address)]


def delivering_by(ground: Ground, **changed: object) -> Call:
    dependencies = replace(ground.joined.dependencies, **changed)  # type: ignore[arg-type]
    return replace(ground.call, dependencies=dependencies)


@pytest.mark.parametrize(
    ("ref", "address", "start"),
    [
        ("lucia", "+447700900101", "Los servicios familiares para Mateo están abiertos."),
        ("fang", "+447700900121", "Mateo 的家庭服务已开通。"),
        ("anna", "+447700900131", "Family services for Mateo are open."),
    ],
)
def test_a_message_comes_in_the_person_s_language_to_the_phone_on_file(
    ground: Ground, ref: str, address: str, start: str
) -> None:
    service.deliver(ground.call, notify(ground, ref, "link_active", name="Mateo", acts_from=""))
    assert received(ground, address)[0].startswith(start)


def test_reading_only_says_until_when_in_the_person_s_own_time(ground: Ground) -> None:
    opens = ground.clock() + timedelta(hours=24)
    for kind in ("link_active", "link_active_relative"):
        address = "https://example.org/not-me"
        message_id = notify(
            ground,
            "elena",
            kind,
            name="Tomás",
            scopes="fe de vida",
            acts_from=opens.isoformat(),
            not_me_address=address,
        )
        service.deliver(ground.call, message_id)
    texts = sorted(received(ground, "+447700900112"), key=len, reverse=True)
    assert "plazo de 10 días: https://example.org/not-me" in texts[0]
    assert "(fe de vida)" in texts[0]
    for text in texts:
        assert "solo para consulta" in text
        assert "19 de noviembre de 2026 9:00" in text, "01:00 UTC is 9:00 in the demo region"


class Both(MailOnly):
    """Takes e-mail and SMS, and remembers them."""

    media = frozenset({"sms", "email"})


@pytest.mark.parametrize(
    ("kind", "media"), [("recovery_opened", ["sms", "email"]), ("link_expired", ["sms"])]
)
def test_what_a_thief_must_not_be_the_only_one_to_read_goes_by_every_way(
    ground: Ground, kind: str, media: list[str]
) -> None:
    person = ground.people.persons["lucia"]
    contact = replace(person.contact, email="lucia@example.org")
    with ground.joined.db.write() as session:
        store_person(session, ground.joined.dependencies.vault, replace(person, contact=contact))
        session.commit()
    taken = Both()
    call = delivering_by(ground, delivery=taken)
    notify(ground, "lucia", kind, name="Mateo", device="A phone", hours=24)
    Worker(call, Work(handlers=service.JOBS)).drain()
    assert [letter.medium for letter in taken.taken] == media
    assert len({letter.text for letter in taken.taken}) == 1
    assert len({letter.id for letter in taken.taken}) == len(media)


def test_once_acting_is_open_nothing_is_said_of_reading_only(ground: Ground) -> None:
    past = ground.clock().isoformat()
    service.deliver(ground.call, notify(ground, "anna", "link_active", name="Paul", acts_from=past))
    assert "reading only" not in received(ground, "+447700900131")[0]


def test_a_message_is_planned_in_its_own_transaction_and_carries_only_an_id(
    ground: Ground,
) -> None:
    message_id = notify(ground, "anna", "password_locked")
    with ground.joined.db.read() as session:
        job = session.scalars(sa.select(Job)).one()
    assert (job.kind, job.payload) == ("deliver_message", {"message_id": str(message_id)})


def test_a_message_whose_cause_was_rolled_back_does_not_exist(ground: Ground) -> None:
    person_id = ground.holder("anna").holder.person_id
    with ground.joined.db.write() as session:
        service.notify(session, ground.call, person_id, "password_locked")
    with ground.joined.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0


def test_delivering_twice_sends_once(ground: Ground) -> None:
    message_id = notify(ground, "anna", "password_locked")
    mail = MailOnly()
    for _ in range(2):
        service.deliver(delivering_by(ground, delivery=mail), message_id)
    assert len(mail.taken) == 1
    service.deliver(ground.call, uuid.uuid4())


def test_a_failure_keeps_the_message_for_the_next_try(ground: Ground) -> None:
    message_id = notify(ground, "anna", "password_locked")
    with pytest.raises(DeliveryFailed, match="sms_answered_503"):
        service.deliver(delivering_by(ground, delivery=BrokenDelivery()), message_id)
    assert row(ground, message_id).failed == "sms_answered_503"
    service.deliver(ground.call, str(message_id))
    sent = row(ground, message_id)
    assert (sent.failed, sent.medium, sent.sent_at) == (None, "sms", ground.clock())


def test_a_silent_registry_means_another_try(ground: Ground) -> None:
    message_id = notify(ground, "anna", "password_locked")
    silent = SilentRegistry(ground.joined.db, ground.joined.dependencies.vault)
    with pytest.raises(DeliveryFailed, match="registry_unavailable"):
        service.deliver(delivering_by(ground, registry=silent), message_id)
    assert row(ground, message_id).sent_at is None


def test_a_person_without_a_contact_ends_the_message_with_a_word(ground: Ground) -> None:
    message_id = notify(ground, "greta", "password_locked")
    service.deliver(ground.call, message_id)
    ended = row(ground, message_id)
    assert (ended.failed, ended.sent_at) == ("no_contact", None)


def test_where_only_e_mail_can_be_sent_the_e_mail_address_is_used(ground: Ground) -> None:
    mail = MailOnly()
    service.deliver(delivering_by(ground, delivery=mail), notify(ground, "anna", "new_device"))
    assert [letter.address for letter in mail.taken] == ["anna@example.org"]


@pytest.mark.parametrize(
    ("contact", "media", "way"),
    [
        (Contact("+44", "a@b"), {"sms", "email"}, ("sms", "+44")),
        (Contact(None, "a@b"), {"sms", "email"}, ("email", "a@b")),
        (Contact("+44", "a@b"), {"email"}, ("email", "a@b")),
        (Contact("+44", None), {"email"}, None),
        (Contact(None, None), {"sms", "email"}, None),
    ],
)
def test_the_way_is_what_the_person_has_and_we_can_send(
    contact: Contact, media: set[str], way: tuple[str, str] | None
) -> None:
    assert service.way_of(contact, frozenset(media)) == way


def test_a_code_reaches_the_phone_and_leaves_the_message(ground: Ground) -> None:
    message_id = send_code(ground, "lucia", "482913")
    assert b"482913" not in (row(ground, message_id).text or b"")
    service.deliver(ground.call, message_id)
    assert "482913" in received(ground, "+447700900101")[0]
    assert "10 minutos" in received(ground, "+447700900101")[0]
    assert row(ground, message_id).text is None


def test_a_code_that_is_no_longer_good_is_not_sent(ground: Ground) -> None:
    message_id = send_code(ground, "lucia")
    ground.clock.advance(seconds=ground.joined.settings.code_seconds)
    service.deliver(ground.call, message_id)
    ended = row(ground, message_id)
    assert (ended.failed, ended.text, ended.sent_at) == ("expired", None, None)
    assert received(ground, "+447700900101") == []


def test_a_code_that_could_never_be_sent_is_forgotten(ground: Ground) -> None:
    message_id, other = send_code(ground, "lucia"), notify(ground, "anna", "new_device")
    assert service.sweep(ground.call) == 0
    ground.clock.advance(seconds=ground.joined.settings.code_seconds)
    assert service.sweep(ground.call) == 1
    assert row(ground, message_id).text is None
    assert row(ground, other).text is not None


def test_a_text_is_forgotten_a_week_after_it_was_written_sent_or_not(ground: Ground) -> None:
    sent, unsent = (notify(ground, "anna", "link_ended", name="Paul") for _ in range(2))
    service.deliver(ground.call, sent)
    ground.clock.advance(days=7)
    assert service.sweep(ground.call) == 0
    ground.clock.advance(seconds=1)
    assert service.sweep(ground.call) == 3, "two texts, and the copy in the embedded mailbox"
    assert [row(ground, one).text for one in (sent, unsent)] == [None, None]
    assert [row(ground, one).failed for one in (sent, unsent)] == [None, "expired"]
    assert received(ground, "+447700900131") == []
    service.deliver(ground.call, unsent)
    assert row(ground, unsent).sent_at is None


def test_a_failure_stays_on_record_when_the_text_is_forgotten(ground: Ground) -> None:
    message_id = notify(ground, "greta", "password_locked")
    service.deliver(ground.call, message_id)
    ground.clock.advance(days=8)
    assert service.sweep(ground.call) == 1
    assert row(ground, message_id).failed == "no_contact"


def test_a_code_needs_no_row_of_the_person(ground: Ground) -> None:
    assert row(ground, send_code(ground, "victor")).person_id is None


def test_a_kind_that_is_no_code_is_our_fault(ground: Ground) -> None:
    known = ground.people.persons["lucia"]
    with ground.joined.db.write() as session, pytest.raises(ValueError, match="kind of code"):
        service.send_code(session, ground.call, known, "link_active", "1")


def test_the_text_is_sealed_and_goes_with_the_person_s_key(ground: Ground) -> None:
    message_id = notify(ground, "anna", "link_ended", name="Paul")
    kept = row(ground, message_id)
    assert b"Paul" not in (kept.text or b"")
    assert kept.person_id is not None
    with ground.joined.db.write() as session:
        vault = ground.joined.dependencies.vault
        vault.destroy_person_key(session, kept.person_id, ground.clock())
        session.commit()
    service.deliver(ground.call, message_id)
    assert row(ground, message_id).failed == "key_destroyed"
    assert received(ground, "+447700900131") == []


def sentences() -> list[tuple[str, dict[str, str]]]:
    part = Path(ecard.__file__).parent / "locale" / "parts" / "messages.json"
    return sorted(json.loads(part.read_text(encoding="utf-8")).items())


@pytest.mark.parametrize(("code", "texts"), sentences())
def test_every_message_asks_for_the_same_words_in_every_language(
    code: str, texts: dict[str, str]
) -> None:
    asked = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for text in texts.values()
    ]
    assert set(texts) == {"en", "es", "zh-Hans"}
    assert asked[0] == asked[1] == asked[2]
    if code.endswith("_relative"):
        assert "not_me_address" in asked[0]


def test_every_kind_that_is_named_in_the_code_has_a_sentence() -> None:
    named = set()
    for path in Path(ecard.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "messages.notify":
                kind = node.args[3] if len(node.args) > 3 else None
                if isinstance(kind, ast.Constant):
                    named.add("message." + str(kind.value))
    assert named
    assert named <= set(catalogue())
