"""Signs a PDF: an update at its end with a signature over everything else (ISO 32000, 12.8).

The signature is a detached CMS (``adbe.pkcs7.detached``) that any PDF reader checks. Its key is an
elliptic one (P-256) drawn from the receipt key, its certificate the system's own word for it: a
reader says "changed or not", and the check page says whose it is.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7
from cryptography.x509.oid import NameOID

SIGNATURE_BYTES = 4096
"""Room for the CMS with its certificate (about 700 bytes)."""
SEED_BYTES = 48
"""More than the curve's 32, so that every key is as likely as the next."""
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
COMMON_NAME = "e-card family services"
CERTIFIED_FROM, CERTIFIED_UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC)


class NotOurs(ValueError):
    """The PDF is not of the simple kind that is written here."""


@cache
def signing_key(receipt_key: bytes) -> ec.EllipticCurvePrivateKey:
    """The key that signs certificates, drawn from the receipt key."""
    seed = HKDF(SHA256(), SEED_BYTES, salt=None, info=b"ecard rights certificate").derive(
        receipt_key
    )
    return ec.derive_private_key(int.from_bytes(seed) % (P256_ORDER - 1) + 1, ec.SECP256R1())


@cache
def certificate(receipt_key: bytes) -> x509.Certificate:
    """The key's certificate, signed by itself."""
    key = signing_key(receipt_key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(CERTIFIED_FROM)
        .not_valid_after(CERTIFIED_UNTIL)
        .sign(key, SHA256())
    )


def fingerprint(receipt_key: bytes) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo), hex: the same on every certificate."""
    public = signing_key(receipt_key).public_key()
    content = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(content).hexdigest()


def signed(pdf: bytes, receipt_key: bytes, at: datetime) -> bytes:
    """The PDF with its signature; raises NotOurs."""
    update, contents_at = _update(pdf, at)
    whole = pdf + update
    before, after = contents_at, contents_at + 2 * SIGNATURE_BYTES + 2
    span = f"[0 {before} {after} {len(whole) - after}]".ljust(len(BYTE_RANGE))
    whole = whole.replace(BYTE_RANGE.encode(), span.encode(), 1)
    covered = whole[:before] + whole[after:]
    cms = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(covered)
        .add_signer(certificate(receipt_key), signing_key(receipt_key), SHA256())
        .sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
    )
    text = cms.hex().ljust(2 * SIGNATURE_BYTES, "0")
    return whole[: before + 1] + text.encode() + whole[after - 1 :]


BYTE_RANGE = "[0 ********** ********** **********]"


def _update(pdf: bytes, at: datetime) -> tuple[bytes, int]:
    """The objects added at the end, and where in the whole the signature's contents begin."""
    size, root, previous = _trailer(pdf)
    catalog = _object(pdf, root)
    page = re.search(rb"(\d+) 0 obj\s*<<(?:(?!endobj).)*?/Type\s*/Page\b", pdf, re.DOTALL)
    if page is None or b"/AcroForm" in catalog:
        raise NotOurs("a page was expected, and no form")
    signature, field = size, size + 1
    moment = at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
    objects = {
        signature: "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached"
        f" /M ({moment}) /ByteRange {BYTE_RANGE} /Contents <{'0' * 2 * SIGNATURE_BYTES}> >>",
        field: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (certificate) /F 132"
        f" /Rect [0 0 0 0] /P {page[1].decode()} 0 R /V {signature} 0 R >>",
        root: catalog.decode("latin-1").rstrip().removesuffix(">>")
        + f"/AcroForm << /Fields [{field} 0 R] /SigFlags 3 >> >>",
    }
    return _written(pdf, objects, size=field + 1, root=root, previous=previous)


def _written(
    pdf: bytes, objects: dict[int, str], *, size: int, root: int, previous: int
) -> tuple[bytes, int]:
    body, table, contents_at = b"\n", "xref\n", 0
    for number in sorted(objects):
        place = len(pdf) + len(body)
        text = f"{number} 0 obj\n{objects[number]}\nendobj\n".encode("latin-1")
        if b"/Contents <" in text:
            contents_at = place + text.index(b"/Contents <") + len(b"/Contents ")
        body += text
        table += f"{number} 1\n{place:010d} 00000 n \n"
    start = len(pdf) + len(body)
    trailer = f"trailer\n<< /Size {size} /Root {root} 0 R /Prev {previous} >>\n"
    return body + f"{table}{trailer}startxref\n{start}\n%%EOF\n".encode(), contents_at


def _trailer(pdf: bytes) -> tuple[int, int, int]:
    """Number of objects, number of the catalog, place of the table of objects."""
    tail = pdf[pdf.rindex(b"trailer") :] if b"trailer" in pdf else b""
    found = [
        re.search(pattern, tail)
        for pattern in (rb"/Size (\d+)", rb"/Root (\d+) 0 R", rb"startxref\s+(\d+)")
    ]
    if not all(found):
        raise NotOurs("no trailer")
    size, root, previous = (int(one[1]) for one in found if one is not None)
    return size, root, previous


def _object(pdf: bytes, number: int) -> bytes:
    found = re.search(rb"(?:^|\n)%d 0 obj\s*(<<.*?>>)\s*endobj" % number, pdf, re.DOTALL)
    if found is None:
        raise NotOurs("no such object")
    return found[1]
