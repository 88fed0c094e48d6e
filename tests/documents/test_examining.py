"""One altered field, as the service meets it: typed, known to the registry, on two sides."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from ecard.documents.checking import Declared, Shown
from ecard.documents.errors import EvidenceRefused
from ecard.documents.examining import Examined, Rules, judged, refuse, together
from ecard.persons.service import Particulars
from uploads.documents.types import DocumentFormat, Field, FieldName, Status

TODAY = date(2026, 11, 18)
SPAIN, CHINA = Rules("es.naf", TODAY, 0), Rules("cn.ric", TODAY, 0)
ANA = Particulars(
    person_id=uuid.UUID(int=1),
    name="Ana María García López",
    number="281234567840",
    birth_date=date(1974, 8, 12),
    sex="female",
    language="es",
    registry_ref="ana",
    region_id=uuid.UUID(int=2),
)
TYPED = Declared(ANA.name, ANA.number, "es.naf")
WEI = replace(ANA, name="李伟", number="110105197408120022")
TYPED_WEI = Declared("李伟", WEI.number, "cn.ric", WEI.birth_date, "female")
CONFIRMED = {FieldName.BIRTH_DATE, FieldName.EXPIRY_DATE, FieldName.DOCUMENT_NUMBER}

Values = dict[str, str]
FRONT: Values = {
    "surname": "GARCÍA LÓPEZ",
    "given_names": "ANA MARÍA",
    "sex": "female",
    "birth_date": "1974-08-12",
    "expiry_date": "2030-01-01",
    "personal_number": "12345678Z",
}
BACK = FRONT | {
    "surname": "GARCIA LOPEZ",
    "given_names": "ANA MARIA",
    "issuer": "ESP",
    "nationality": "ESP",
    "document_number": "AAA000000",
}
PASSPORT = BACK | {"surname": "LI", "given_names": "WEI", "issuer": "CHN", "nationality": "CHN"}
PASSPORT.pop("personal_number")


def shown(kind: str, layout: DocumentFormat, values: Values) -> Shown:
    fields = (
        Field(name, value, value, 0.99, Status.CONFIRMED if name in CONFIRMED else Status.READ)
        for name, value in ((FieldName(key), value) for key, value in values.items())
        if value
    )
    return Shown(kind, layout, tuple(fields))


def dni(front: Values, back: Values) -> list[Shown]:
    return [
        shown("id_card_front", DocumentFormat.ES_DNI_FRONT, FRONT | front),
        shown("id_card_back", DocumentFormat.TD1, BACK | back),
    ]


def passport(kind: str = "passport", **changed: str) -> list[Shown]:
    return [shown(kind, DocumentFormat.TD3, PASSPORT | changed)]


def of_ana(said: Sequence[Shown]) -> Examined:
    return judged(said, TYPED, ANA, SPAIN)


def test_both_sides_of_a_card_that_say_what_was_declared_agree() -> None:
    assert of_ana(dni({}, {})) == Examined(agreed=True)
    assert of_ana(dni({}, {})[::-1]).agreed


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sex": "male"}, "registry_sex_differs"),
        ({"birth_date": "1975-08-12"}, "registry_birth_date_differs"),
        ({"surname": "LOPEZ GARCIA"}, "name_unsure"),
        ({"surname": "GARCIA LOPES"}, "name_nearly"),
        ({"given_names": "INES"}, "name_differs"),
    ],
)
def test_one_field_of_another_on_both_sides_is_not_accepted_and_the_reviewer_is_told_which(
    changed: Values, reason: str
) -> None:
    found = of_ana(dni(changed, changed))
    assert (found.agreed, reason in found.reasons) == (False, True)


@pytest.mark.parametrize(
    ("front", "back", "reason"),
    [
        ({"sex": "male"}, {}, "sex_contradicted"),
        ({"birth_date": "1974-08-13"}, {}, "birth_date_contradicted"),
        ({"expiry_date": "2030-01-02"}, {}, "expiry_date_contradicted"),
        ({"personal_number": "87654321X"}, {}, "number_contradicted"),
        ({}, {"personal_number": ""}, "number_unread"),
        ({}, {"issuer": "UTO"}, "issuer_contradicted"),
        ({}, {"surname": "LOPEZ GARCIA"}, "name_contradicted"),
        ({"sex": ""}, {"sex": ""}, "sex_unread"),
    ],
)
def test_two_sides_that_are_not_of_one_card_are_for_a_person(
    front: Values, back: Values, reason: str
) -> None:
    for said in (dni(front, back), dni(front, back)[::-1]):
        found = of_ana(said)
        assert (found.agreed, reason in found.reasons) == (False, True)


@pytest.mark.parametrize(
    ("name", "front", "back", "cut_off"),
    [
        ("Ana María Müller López", "MÜLLER LÓPEZ", "MUELLER LOPEZ", False),
        (
            "Ana María Fernández de la Torre Martínez",
            "FERNÁNDEZ DE LA TORRE MARTÍNEZ",
            "FERNANDEZ DE LA TORRE MARTINEZ",
            True,
        ),
    ],
)
def test_which_side_comes_first_does_not_matter(
    name: str, front: str, back: str, cut_off: bool
) -> None:
    given = {"given_names": ""} if cut_off else {}
    first, second = dni({"surname": front}, {"surname": back, **given})
    sides = [first, replace(second, cut_off=cut_off)]
    for said in (sides, sides[::-1]):
        found = judged(said, replace(TYPED, name=name), replace(ANA, name=name), SPAIN)
        assert found == Examined(agreed=True)


def test_a_passport_proves_who_somebody_is_though_the_number_is_not_on_it() -> None:
    found = judged(passport(), TYPED_WEI, WEI, CHINA)
    assert (found.agreed, found.number_read) == (True, False)
    other = judged(passport(birth_date="1975-08-12"), TYPED_WEI, WEI, CHINA)
    assert (other.refused, other.reasons) == (True, ("birth_date_differs",))


def test_a_document_whose_own_number_could_not_be_read_is_for_a_person() -> None:
    found = judged(passport(document_number=""), TYPED_WEI, WEI, CHINA)
    assert (found.agreed, found.refused) == (False, False)
    assert found.reasons == ("document_number_unsure",)


def test_two_sides_on_one_sheet_are_for_a_person_and_not_refused() -> None:
    sheet = replace(dni({}, {})[1], several=True)
    said = [replace(sheet, kind="id_card_front"), sheet]
    found = of_ana(said)
    assert (found.agreed, found.refused) == (False, False)
    assert "document_several" in found.reasons


def test_somebody_of_a_hundred_and_one_is_not_taken_for_a_child() -> None:
    born = date(1925, 8, 12)
    typed, known = replace(TYPED_WEI, birth_date=born), replace(WEI, birth_date=born)
    assert judged(passport(birth_date="2025-08-12"), typed, known, CHINA).agreed
    assert not judged(passport(birth_date="2025-08-13"), typed, known, CHINA).agreed


def test_what_the_registry_says_otherwise_than_was_typed_is_never_named() -> None:
    found = judged(passport(), TYPED_WEI, replace(WEI, name="王芳"), CHINA)
    assert (found.agreed, found.refused, found.findings) == (False, False, ())
    assert found.reasons == ("registry_name_differs",)


def test_of_the_guardian_nothing_was_typed_so_nothing_is_named() -> None:
    found = judged(passport("guardian_passport", given_names="WANG"), None, WEI, CHINA)
    assert (found.agreed, found.refused, found.findings) == (False, False, ())
    assert found.reasons == ("registry_name_differs",)


def test_a_guardians_document_is_named_as_it_was_sent() -> None:
    found = judged(passport("guardian_passport", expiry_date="2020-01-01"), None, WEI, CHINA)
    with pytest.raises(EvidenceRefused) as refused:
        refuse(together([found]), ask_person=False)
    assert refused.value.fields == {"guardian_passport": ["expiry_date_expired"]}
