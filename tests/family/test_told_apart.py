"""Who is told what was done for them reads it by a way that nobody has got who acts for them."""

from collections.abc import Callable

import pytest

from ecard.acts import service as acts
from ecard.messages import service as messages
from ecard.outbox import Job
from ecard.registry.port import Contact, RegistryPerson
from tests.family.scene import born, bring_to, change, hold, invent, named, pair, person_id
from tests.support import Stage

MAIL = "mother@example.org"
KIND = "card_application_entered"


def shared_by(stage: Stage, which: Callable[[Contact], Contact]) -> list[str]:
    """Which addresses of mother, daughter and son it arrived at, the mother's address being that
    which ``which`` makes of her daughter's."""
    two = pair(stage)
    son = invent(stage, "son", born(40))
    mother = change(stage, two.relative, contact=which(two.holder.contact))
    for holder in (two.holder, son):
        hold(stage, holder, mother, "parent")
    tell(stage, mother)
    addresses = {str(two.holder.contact.phone), str(son.contact.phone), MAIL}
    return sorted(
        address for address in addresses for item in stage.mailbox(address) if item["kind"] == KIND
    )


def tell(stage: Stage, mother: RegistryPerson) -> None:
    her_id = person_id(stage, mother)
    with stage.joined.db.write() as session:
        words = {"place": {"en": "North"}, "due": ""}
        acts.tell_sides(session, stage.joined.call(), her_id, "rights", KIND, **words)
        session.commit()
    stage.work_off()


def test_not_by_the_telephone_that_is_her_daughters_too(stage: Stage) -> None:
    both = shared_by(stage, lambda theirs: Contact(theirs.phone, MAIL))
    assert MAIL in both
    assert len(both) == len(set(both)) == 3  # each of the three once


def test_by_the_shared_one_where_there_is_no_other(stage: Stage) -> None:
    both = shared_by(stage, lambda theirs: theirs)
    assert MAIL not in both
    assert len(both) == 3  # on the one telephone twice


@pytest.mark.gate
def test_what_was_planned_by_an_earlier_version_is_still_sent_apart(stage: Stage) -> None:
    two = pair(stage)
    mother = change(stage, two.relative, contact=Contact(two.holder.contact.phone, MAIL))
    her_id, holder_id = person_id(stage, mother), person_id(stage, two.holder)
    with stage.joined.db.write() as session:
        call, waiting = stage.joined.call(), {"kind": messages.JOB, "state": "waiting"}
        session.query(Job).filter_by(**waiting).delete()
        words = {"name": "Ana", "place": "North", "due": ""}
        messages.notify(session, call, her_id, KIND, apart_from=[holder_id], **words)
        job = session.query(Job).filter_by(**waiting).one()
        job.payload = job.payload | {"apart_from": str(holder_id)}
        session.commit()
    stage.work_off()
    assert [item["kind"] for item in stage.mailbox(MAIL)] == [KIND]


def test_of_a_link_not_by_the_telephone_of_whoever_holds_another(stage: Stage) -> None:
    two = pair(stage)
    son = invent(stage, "son", born(40))
    mother = change(stage, two.relative, contact=Contact(son.contact.phone, MAIL))
    hold(stage, son, mother, "parent")
    link_id = named(stage, two.phone, mother, "parent")
    bring_to(stage, link_id, "active")
    stage.work_off()
    told = "link_active_relative"
    assert told in [item["kind"] for item in stage.mailbox(MAIL)]
    assert told not in [item["kind"] for item in stage.mailbox(str(son.contact.phone))]
