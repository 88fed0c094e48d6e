"""The embedded registry: found by number, sealed at rest, loaded from CSV or refused by line."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard.csv_files import FilesRefused
from ecard.db import Database
from ecard.demo.loader import invented_number
from ecard.registry.loading import Loaded, load_csv
from ecard.registry.models import RegistryCardRow, RegistryPersonRow
from ecard.registry.port import CardMoved, RegistryUnavailable
from ecard.registry.sql import SqlRegistry, store_card, store_person, store_portrait
from tests.demo.ground import Ground

JPEG = b"\xff\xd8\xff\xe0 any bytes"
PERSONS = "ref,number,name,birth_date,sex,region_code,died_on,phone,email,language,portrait"
ADA = "ada,110101199001010007,Ada Low,1990-01-01,female,north-harbour,,,ada@example.org,en,"
BEN = "ben,281234567840,Ben Low,2015-05-05,male,south-harbour,,+447700900999,,es,ben.jpg"
CARDS = "card_number,person_ref,state,expires_on"
TIES = "person_ref,relative_ref,kind"


@pytest.fixture
def registry(ground: Ground) -> SqlRegistry:
    return SqlRegistry(ground.joined.db, ground.joined.dependencies.vault)


def files(folder: Path, persons: str, cards: str = CARDS, ties: str = TIES) -> Path:
    made = folder / "core"
    made.mkdir()
    (made / "ben.jpg").write_bytes(JPEG)
    for name, text in (("persons", persons), ("cards", cards), ("kinships", ties)):
        (made / f"{name}.csv").write_text(text, encoding="utf-8")
    return made


def load(ground: Ground, folder: Path) -> Loaded:
    with ground.joined.db.write() as session:
        loaded = load_csv(session, ground.joined.dependencies.vault, folder)
        session.commit()
    return loaded


def findings(ground: Ground, folder: Path) -> list[str]:
    with pytest.raises(FilesRefused) as refused:
        load(ground, folder)
    return refused.value.findings


def test_a_person_is_found_by_ref_and_by_number_however_written(
    ground: Ground, registry: SqlRegistry
) -> None:
    known = ground.people.persons["lucia"]
    assert registry.person("lucia") == known
    assert registry.person_by_number(known.number) == known
    assert registry.person_by_number(f" {known.number[:6]}-{known.number[6:]} ".lower()) == known


def test_of_several_people_those_are_named_whose_death_is_recorded(
    ground: Ground, registry: SqlRegistry
) -> None:
    lucia = replace(ground.people.persons["lucia"], died_on=date(2026, 11, 17))
    others = [ref for ref in ground.people.persons if ref != "lucia"][:2]
    assert registry.died(["lucia", *others]) == frozenset()
    with ground.joined.db.write() as session:
        store_person(session, ground.joined.dependencies.vault, lucia)
        session.commit()
    assert registry.died(["lucia", *others, "nobody"]) == {"lucia"}
    assert registry.died(others) == registry.died([]) == frozenset()


def test_nobody_is_found_by_an_unknown_name_number_or_card(registry: SqlRegistry) -> None:
    assert registry.person("nobody") is None
    assert registry.person_by_number("110101190001010008") is None
    assert registry.card_by_number("900000009999") is None
    assert registry.portrait("nobody") is None


def test_a_card_is_found_by_its_number_with_state_and_expiry(
    ground: Ground, registry: SqlRegistry
) -> None:
    card = registry.card_by_number("9000 0000 0161")
    assert card == ground.people.persons["david"].card
    assert card is not None
    assert (card.person_ref, card.state) == ("david", "suspended")


def test_a_card_state_changes_and_only_to_a_known_one(registry: SqlRegistry) -> None:
    registry.change_card_state("900000000101", "lost")
    card = registry.card_by_number("900000000101")
    assert card is not None
    assert card.state == "lost"
    with pytest.raises(ValueError, match="not a card state"):
        registry.change_card_state("900000000101", "eaten")
    with pytest.raises(LookupError):
        registry.change_card_state("900000009999", "lost")


def test_a_card_that_somebody_else_moved_meanwhile_stays_as_it_is(registry: SqlRegistry) -> None:
    registry.change_card_state("900000000101", "cancelled")
    with pytest.raises(CardMoved):
        registry.change_card_state("900000000101", "normal", instead_of="suspended")
    card = registry.card_by_number("900000000101")
    assert card is not None
    assert card.state == "cancelled"


def test_the_usable_card_goes_before_a_lost_one(ground: Ground, registry: SqlRegistry) -> None:
    registry.change_card_state("900000000101", "lost")
    old = ground.people.persons["lucia"].card
    assert old is not None
    with ground.joined.db.write() as session:
        fresh = replace(old, number="900000000191", state="normal")
        store_card(session, ground.joined.dependencies.vault, fresh)
        session.commit()
    person = registry.person("lucia")
    assert person is not None
    assert person.card == fresh


def test_kinship_is_confirmed_only_where_the_registry_knows_it(registry: SqlRegistry) -> None:
    assert registry.kinships("lucia", "mateo") == {"child"}
    assert registry.kinships("mateo", "lucia") == {"parent"}
    assert registry.kinships("fang", "xiaoyu") == frozenset()
    assert registry.kinships("victor", "mateo") == frozenset()


def test_nothing_of_a_person_can_be_read_in_the_tables(ground: Ground) -> None:
    known = ground.people.persons["lucia"]
    with ground.joined.db.read() as session:
        rows = [*session.scalars(sa.select(RegistryPersonRow))]
        cards = [*session.scalars(sa.select(RegistryCardRow))]
    dump = b"".join(row.record + row.number_index.encode() for row in rows)
    dump += b"".join(row.record + row.card_number_index.encode() for row in cards)
    for text in (known.number, known.name, "Prado", "900000000101", known.contact.phone or "?"):
        assert text.encode() not in dump


def test_a_portrait_is_sealed_and_comes_back(ground: Ground, registry: SqlRegistry) -> None:
    assert registry.portrait("elena") is None
    with ground.joined.db.write() as session:
        store_portrait(session, ground.joined.dependencies.vault, "elena", JPEG)
        row = session.scalars(sa.select(RegistryPersonRow).filter_by(ref="elena")).one()
        assert row.portrait is not None
        assert JPEG not in row.portrait
        session.commit()
    assert registry.portrait("elena") == JPEG


def test_a_registry_that_does_not_answer_says_so(tmp_path: Path, ground: Ground) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    dumb = SqlRegistry(empty, ground.joined.dependencies.vault)
    with pytest.raises(RegistryUnavailable):
        dumb.person("lucia")
    with pytest.raises(RegistryUnavailable):
        dumb.person_by_number("110101199001010007")
    empty.close()


def test_people_cards_ties_and_portraits_come_in_from_csv(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    cards = f"{CARDS}\n900000000901,ada,normal,2031-01-31\n"
    folder = files(tmp_path, f"{PERSONS}\n{ADA}\n{BEN}\n", cards, f"{TIES}\nada,ben,child\n")
    assert load(ground, folder) == Loaded(2, 1, 1)
    ada = registry.person("ada")
    assert ada is not None
    assert ada.card is not None
    assert ada.card.expires_on == date(2031, 1, 31)
    assert registry.kinships("ada", "ben") == {"child"}
    assert registry.portrait("ben") == JPEG


def test_loading_again_refreshes_and_doubles_nothing(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    folder = files(tmp_path, f"{PERSONS}\n{ADA}\n")
    load(ground, folder)
    (folder / "persons.csv").write_text(f"{PERSONS}\n{ADA.replace('Ada Low', 'Ada High')}\n")
    load(ground, folder)
    with ground.joined.db.read() as session:
        query = sa.select(sa.func.count()).select_from(RegistryPersonRow).filter_by(ref="ada")
        assert session.scalar(query) == 1
    ada = registry.person("ada")
    assert ada is not None
    assert ada.name == "Ada High"


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("110101199001010007", "110101199001010008", "number: must be a well-formed number"),
        ("1990-01-01", "1990-01-02", "number: must be a well-formed number that agrees"),
        ("female", "male", "number: must be a well-formed number that agrees"),
        ("1990-01-01", "01.01.1990", "birth_date: must be a date"),
        ("female", "f", "sex: must be female or male"),
        ("north-harbour", "atlantis", "region_code: must be the code of a region"),
        ("ada@example.org", "ada", "email: must be empty or an e-mail address"),
        (",en,", ",fr,", "language: must be one of"),
        ("Ada Low", "??", "name: must have letters"),
        (",en,", ",en,../ben.jpg", "portrait: must be empty or a JPEG file"),
        (",en,", ",en,absent.jpg", "portrait: must be empty or a JPEG file"),
        (",en,", ",en", "too many or too few columns"),
        (",en,", ",en,,,", "too many or too few columns"),
    ],
)
def test_a_wrong_column_is_named_with_its_line_and_without_its_value(
    ground: Ground, tmp_path: Path, old: str, new: str, finding: str
) -> None:
    folder = files(tmp_path, f"{PERSONS}\n{BEN}\n{ADA.replace(old, new)}\n")
    found = findings(ground, folder)
    assert any(one.startswith(f"persons.csv line 3: {finding}") for one in found), found
    assert "Ada" not in "".join(found)
    assert "110101" not in "".join(found)


def test_a_number_of_a_district_that_was_renamed_since_is_loaded(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    number = invented_number("110221", date(1955, 3, 14), "female", set())
    eva = f"eva,{number},Eva Low,1955-03-14,female,north-harbour,,,eva@example.org,en,"
    load(ground, files(tmp_path, f"{PERSONS}\n{BEN}\n{eva}\n"))
    known = registry.person_by_number(number)
    assert known is not None
    assert known.ref == "eva"


def test_every_finding_of_every_file_is_named_and_nothing_is_loaded(
    ground: Ground, registry: SqlRegistry, tmp_path: Path
) -> None:
    cards = f"{CARDS}\n12,ada,eaten,soon\n900000000902,zoe,normal,\n900000000902,ada,normal,\n"
    ties = f"{TIES}\nada,ada,child\nada,ben,friend\n"
    folder = files(tmp_path, f"{PERSONS}\n{ADA}\n{ADA}\n", cards, ties)
    found = findings(ground, folder)
    assert {one.split(": ")[0] + ": " + one.split(": ")[1] for one in found} == {
        "persons.csv line 3: ref",
        "persons.csv line 3: number",
        "cards.csv line 2: card_number",
        "cards.csv line 2: state",
        "cards.csv line 2: expires_on",
        "cards.csv line 3: person_ref",
        "cards.csv line 4: card_number",
        "kinships.csv line 2: relative_ref",
        "kinships.csv line 3: relative_ref",
        "kinships.csv line 3: kind",
    }
    assert registry.person("ada") is None


def test_missing_and_unreadable_files_are_findings(ground: Ground, tmp_path: Path) -> None:
    assert findings(ground, tmp_path) == ["persons.csv: missing"]
    folder = files(tmp_path, "ref,name\nada,Ada\n")
    assert findings(ground, folder)[0].startswith("persons.csv: columns missing or unknown")
    (folder / "persons.csv").write_bytes(b"\xff\xfe\x00")
    assert findings(ground, folder) == ["persons.csv: cannot be read (UnicodeDecodeError)"]
    (folder / "persons.csv").write_text(f'{PERSONS}\n"{ADA}\n')
    assert findings(ground, folder) == ["persons.csv line 2: not CSV"]
