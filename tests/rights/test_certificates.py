"""A printed certificate: signed, found by its code, told apart from one that was changed."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7

from ecard.locale import LANGUAGES
from tests.family.scene import alike, born, invent, move, sign_in
from tests.rights.test_rights import Family
from tests.support import Stage
from tests.support import stage as set_stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
SEQUENCE, SET, OCTETS, SIGNED = 0x30, 0x31, 0x04, 0xA0


Paper = tuple[dict[str, str], bytes]


@dataclass
class Printed:
    """A family, and its certificate in each language: printed once, for that takes 0.3 s."""

    family: Family
    papers: dict[str, Paper]
    started: datetime


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    with set_stage(tmp_path_factory.mktemp("certificates")) as stage:
        family = Family(stage)
        papers = {language: printed(family, language) for language in LANGUAGES}
        yield Printed(family, papers, stage.clock.time)


@pytest.fixture
def papers(lasting: Printed) -> dict[str, Paper]:
    return lasting.papers


@pytest.fixture
def family(lasting: Printed) -> Family:
    """For tests that change nothing but the time."""
    stage = lasting.family.stage
    stage.clock.time = lasting.started
    stage.app.extensions["ecard"] = stage.joined  # other stages share the application
    return lasting.family


def printed(family: Family, language: str = "en") -> Paper:
    family.phone.language = language
    path = f"/links/{family.link_id}/rights/certificates"
    made = family.phone.must("POST", path)
    return made, family.phone.must("GET", f"/rights/certificates/{made['id']}")


def parts(der: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Tag, content and whole of each value of a DER sequence's content."""
    at = 0
    while at < len(der):
        length, start = der[at + 1], at + 2
        if length >= 0x80:
            start += length - 0x80
            length = int.from_bytes(der[at + 2 : start])
        yield der[at], der[start : start + length], der[at : start + length]
        at = start + length


def signature_of(pdf: bytes) -> tuple[bytes, bytes]:
    """The CMS of the only signature, and the bytes that it covers."""
    (found,) = re.finditer(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\s*\]", pdf)
    before, after, rest = (int(one) for one in found.groups())
    assert after + rest == len(pdf)
    cms = bytes.fromhex(pdf[before + 1 : after - 1].decode())
    _, _, whole = next(parts(cms))  # zeros follow, up to the room that was left for it
    return whole, pdf[:before] + pdf[after:]


def verify(pdf: bytes) -> x509.Certificate:
    """Check the detached signature as a PDF reader does; raises InvalidSignature."""
    cms, covered = signature_of(pdf)
    (signer,) = pkcs7.load_der_pkcs7_certificates(cms)
    ((_, content, _),) = parts(cms)
    signed_data = next(c for tag, c, _ in parts(content) if tag == SIGNED)
    fields = list(parts(next(parts(signed_data))[1]))
    (info,) = [content for tag, content, _ in parts(fields[-1][1])]
    attributes = next(whole for tag, _, whole in parts(info) if tag == SIGNED)
    if hashlib.sha256(covered).digest() not in attributes:
        raise InvalidSignature
    signature = [content for tag, content, _ in parts(info) if tag == OCTETS][-1]
    key = signer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, bytes([SET]) + attributes[1:], ec.ECDSA(SHA256()))
    return signer


def test_the_pdf_carries_a_signature_that_a_changed_byte_breaks(
    family: Family, papers: dict[str, Paper]
) -> None:
    made, pdf = papers["en"]
    signer = verify(pdf)
    assert hashlib.sha256(pdf).hexdigest() == made["sha256"]
    checked = family.stage.phone().must("GET", f"/certificate-checks?code={made['code']}")
    public = signer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert checked["signer_sha256"] == hashlib.sha256(public).hexdigest()
    changed = bytearray(pdf)
    changed[pdf.index(b"/CreationDate")] ^= 1
    with pytest.raises(InvalidSignature):
        verify(bytes(changed))


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Contributions"), ("es", "Cotizaciones"), ("zh-Hans", "缴费记录")]
)
def test_it_is_printed_in_the_callers_language_with_its_code(
    family: Family, papers: dict[str, Paper], language: str, word: str
) -> None:
    made, pdf = papers[language]
    document = pypdfium2.PdfDocument(pdf)
    text = document[0].get_textpage().get_text_bounded()
    document.close()
    assert word in text
    assert made["code"] in text
    assert family.mother.name in text
    assert family.mother.number in text


def test_whoever_holds_the_paper_can_check_it_and_learns_no_name(
    family: Family, papers: dict[str, Paper]
) -> None:
    made, _ = papers["en"]
    anybody = family.stage.phone()
    found = anybody.must("GET", f"/certificate-checks?code={made['code'].lower()}")
    assert found["good"]
    assert found["name"] == "E•• A••••••"
    assert family.mother.number not in str(found)
    assert found["months"] == [{"kind": "pension", "months": 5}]
    family.stage.clock.advance(days=91)
    assert not anybody.must("GET", f"/certificate-checks?code={made['code']}")["good"]


def test_a_code_that_was_never_issued_is_unknown_to_program_and_page(family: Family) -> None:
    anybody = family.stage.phone()
    answer = anybody.send("GET", "/certificate-checks?code=ABCD-EFGH-2345-6789")
    assert (answer.status, answer.code) == (404, "certificate_unknown")
    page = family.stage.app.test_client().get("/check?code=ABCD-EFGH-2345-6789")
    assert page.status_code == 404


def test_the_page_works_without_script_in_three_languages(
    family: Family, papers: dict[str, Paper]
) -> None:
    made, _ = papers["en"]
    client = family.stage.app.test_client()
    for language, word in (("en", "is in date"), ("es", "está vigente"), ("zh-Hans", "在有效期内")):
        page = client.get(f"/check?lang={language}&code={made['code']}")
        assert word in page.text
        assert f'<html lang="{language}">' in page.text
        assert "养老保险" in page.text or language != "zh-Hans"
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; form-action")
    spanish = client.get("/check", headers={"Accept-Language": "es-ES"})
    assert "Comprobar un certificado" in spanish.text


def test_what_is_typed_on_the_page_comes_back_as_text(family: Family) -> None:
    page = family.stage.app.test_client().get('/check?code="><script>alert(1)</script>')
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_the_pdf_is_read_by_both_sides_and_by_nobody_else(stage: Stage) -> None:
    family = Family(stage)
    made, pdf = printed(family)
    path = f"/rights/certificates/{made['id']}"
    mother = sign_in(family.stage, family.mother)
    assert mother.must("GET", path) == pdf
    stranger = sign_in(family.stage, invent(family.stage, "zoe", born(50)))
    nobodys = stranger.send("GET", "/rights/certificates/00000000-0000-4000-8000-000000000000")
    assert alike(stranger.send("GET", path)) == alike(nobodys)
    move(family.stage, family.link_id, "ended", "requested_by_relative")
    assert family.phone.send("GET", path).code == "link_not_active"


@pytest.mark.gate
def test_one_certificate_more_than_a_day_allows_waits(tmp_path: Path) -> None:
    with set_stage(tmp_path, certificates_a_day=1) as stage:
        family = Family(stage)
        path = f"/links/{family.link_id}/rights/certificates"
        answers = [family.phone.send("POST", path) for _ in range(2)]
        assert [one.status for one in answers] == [201, 429]
        assert answers[-1].code == "too_many_certificates"


def test_it_is_good_to_the_end_of_the_day_that_stands_on_the_paper(stage: Stage) -> None:
    family = Family(stage)
    made, _ = printed(family)
    path = f"/certificate-checks?code={made['code']}"
    last_day = date.fromisoformat(stage.phone().must("GET", path)["good_until"])
    midnight = datetime.combine(last_day + timedelta(days=1), time.min, SHANGHAI)
    stage.clock.time = midnight.astimezone(UTC) - timedelta(seconds=1)
    assert stage.phone().must("GET", path)["good"]
    stage.clock.advance(seconds=1)
    assert not stage.phone().must("GET", path)["good"]


def test_of_a_disputed_link_the_person_has_no_certificate_that_the_holder_asked_for(
    stage: Stage,
) -> None:
    family = Family(stage)
    made, _ = printed(family)
    mother, path = sign_in(stage, family.mother), f"/rights/certificates/{made['id']}"
    own = mother.must("POST", "/rights/certificates")
    move(stage, family.link_id, "disputed", "objected_by_guardian")
    assert mother.send("GET", path).status == 404
    assert mother.send("GET", f"/rights/certificates/{own['id']}").ok
    move(stage, family.link_id, "active", "dispute_settled")
    assert mother.send("GET", path).ok
