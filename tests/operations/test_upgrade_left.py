"""The migration of what was left: withdrawals of before stay, and nobody changes them; videos that
confirm a link have no place before it."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ecard import migrations
from tests.operations.conftest import new_database
from tests.operations.test_upgrade_intake import table, typed, write_document
from tests.operations.test_upgrade_life import write, write_link

BEFORE, AFTER = "0011", "0012"
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as found:
        yield found


def test_what_was_there_before_stays_and_what_came_with_it_does_not_go_back(address: str) -> None:
    migrations.upgrade(address, BEFORE)
    with migrations.migrating(address) as connection:
        write_document(connection)
        people = table(connection, "persons")
        ids = connection.execute(sa.select(people.c["id", "region_id"])).one()
        person, region = (uuid.UUID(str(one)) for one in ids)
        link = write_link(connection, person, region, "active")
        withdrawal = {"person_id": person, "actor_id": person, "given_by": "person", "at": NOW}
        withdrawal |= {"id": uuid.uuid4(), "link_ids": {}, "channel": "app"}
        write(connection, "face_withdrawals", **withdrawal)
        write_phones(connection, person)
    migrations.upgrade(address, AFTER)
    with migrations.migrating(address) as connection:
        kept = connection.execute(sa.select(table(connection, "face_withdrawals"))).one()
        assert (kept.given_by, kept.channel, kept.staff_id) == ("person", "app", None)
        phones = connection.execute(sa.select(table(connection, "devices"))).all()
        assert [one.secret_hash for one in phones if one.card_since is not None] == ["last"]
        video = {"id": uuid.uuid4(), "link_id": link, "digits": "1234"}
        write(connection, "digits_videos", **video, drawn_at=NOW, expires_at=NOW)
    refuse_deleting(address)
    migrations.downgrade(address, BEFORE)
    refuse_deleting(address)
    with migrations.migrating(address) as connection:
        assert connection.execute(sa.select(table(connection, "digits_videos"))).all() == []
        assert len(connection.execute(sa.select(table(connection, "links"))).all()) == 1


def write_phones(connection: sa.Connection, person: uuid.UUID) -> None:
    """Three phones of one account; the one that signed in last was put out."""
    account = uuid.uuid4()
    about = {"person_id": person, "card_index": "c", "language": "en", "created_at": NOW}
    write(connection, "accounts", id=account, **about)
    for age, (secret, gone) in enumerate((("out", NOW), ("last", None), ("first", None))):
        seen = {"created_at": NOW, "seen_at": NOW - timedelta(days=age), "version": 1}
        seen |= {"revoked_at": gone} if gone else {}
        phone = {"id": uuid.uuid4(), "account_id": account, "name": b"", "secret_hash": secret}
        found = table(connection, "devices")
        connection.execute(sa.insert(typed(found, phone | seen)).values(phone | seen))


def refuse_deleting(address: str) -> None:
    with (
        pytest.raises(DBAPIError, match="never changed"),
        migrations.migrating(address) as connection,
    ):
        connection.execute(sa.text("DELETE FROM face_withdrawals"))
