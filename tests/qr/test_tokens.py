"""The token alone: what it says, how small it is, and that nothing but itself passes for it."""

import random
import uuid
from dataclasses import replace

import cbor2
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ecard.config import QR_SECONDS_MOST
from ecard.qr import tokens
from ecard.qr.tokens import Claims, TokenRefused

NOW = 1_795_000_000
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = PRIVATE.public_key().public_bytes_raw()
KEYS = tokens.keys_from({"keys": [tokens.jwk(PUBLIC)]})
OWN = Claims(uuid.UUID(int=7), NOW, NOW + 60, "identify", b"12345678", "L* M*", None)
FOR_ANOTHER = replace(OWN, shown_by="L* M*", shown_for="E* M* d* R*", place="north-1")


def written(claims: Claims, private: Ed25519PrivateKey = PRIVATE) -> str:
    key_id = tokens.key_id_of(private.public_key().public_bytes_raw())
    return tokens.write(claims, key_id, private.sign)


def found(text: str, now: int = NOW + 30, tolerance: int = 0) -> str:
    """The reason why a text is refused, or an empty one."""
    try:
        tokens.check(text, KEYS, now, tolerance)
    except TokenRefused as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("claims", [OWN, FOR_ANOTHER, replace(OWN, shown_by="王*", place="北-1")])
def test_a_token_says_what_was_written_into_it(claims: Claims) -> None:
    assert tokens.check(written(claims), KEYS, NOW, 0) == claims


@pytest.mark.parametrize(("claims", "version"), [(OWN, 7), (FOR_ANOTHER, 8)])
def test_a_token_fits_a_small_qr_code_that_is_read_back(claims: Claims, version: int) -> None:
    text = written(claims)
    assert set(text) <= set(tokens.ALPHABET)
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image()
    side, quiet_zone = drawn.shape[0], 8  # one pixel to a module
    assert (side - quiet_zone - 17) // 4 == version
    assert [code.text for code in zxingcpp.read_barcodes(drawn)] == [text]


def test_a_token_with_long_names_stays_below_its_longest() -> None:
    long = replace(FOR_ANOTHER, shown_by="Ñ* Ñ* Ñ* Ñ*", shown_for="王* 李* 张* 刘*", place="x" * 64)
    assert len(written(long)) <= tokens.LONGEST


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.gate)])
def test_each_single_bit_that_is_turned_is_noticed(step: int) -> None:
    text = written(FOR_ANOTHER)
    inside = tokens.from_base45(text.removeprefix(tokens.PREFIX))
    turned = [
        tokens.PREFIX + tokens.to_base45(_turned(inside, bit))
        for bit in range(0, 8 * len(inside), step)
    ]
    reasons = [found(one) for one in turned]
    assert "" not in reasons
    assert set(reasons) == {"qr_unreadable", "qr_forged", "qr_key_unknown"}


def _turned(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_another_key_is_unknown_and_its_signature_under_our_name_forged() -> None:
    other = Ed25519PrivateKey.generate()
    assert found(written(OWN, other)) == "qr_key_unknown"
    assert found(tokens.write(OWN, tokens.key_id_of(PUBLIC), other.sign)) == "qr_forged"


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW - 11, "qr_not_yet"),
        (NOW - 10, ""),
        (NOW, ""),
        (NOW + 59, ""),
        (NOW + 60, "qr_expired"),
        (NOW + 61, "qr_expired"),
        (NOW + 86_400, "qr_expired"),
    ],
)
def test_a_token_is_good_from_its_first_second_to_its_last(now: int, reason: str) -> None:
    assert found(written(OWN), now, tolerance=10) == reason


@pytest.mark.parametrize("life", [61, 0, -5])
def test_a_signed_token_that_lives_longer_than_a_minute_is_none_of_ours(life: int) -> None:
    assert found(written(replace(OWN, expires=NOW + life)), NOW) == "qr_forged"
    assert tokens.LONGEST_LIFE == QR_SECONDS_MOST


@pytest.mark.parametrize(
    ("operation", "place", "reason"),
    [
        ("identify", "north-1", ""),
        ("collect_document", "north-1", "qr_other_operation"),
        ("identify", "south-1", "qr_other_place"),
        ("identify", None, "qr_other_place"),
    ],
)
def test_a_token_for_one_place_and_operation_is_for_no_other(
    operation: str, place: str | None, reason: str
) -> None:
    if not reason:
        return tokens.refuse_other_use(FOR_ANOTHER, operation, place)
    with pytest.raises(TokenRefused, match=f"^{reason}$"):
        tokens.refuse_other_use(FOR_ANOTHER, operation, place)
    return None


def test_a_token_for_no_place_is_good_at_each() -> None:
    for place in ("north-1", None):
        tokens.refuse_other_use(OWN, "identify", place)


def test_a_second_way_of_writing_the_same_is_refused() -> None:
    """Longer numbers, other orders, tags within: a code must not come back in other clothes."""
    tag = cbor2.loads(tokens.from_base45(written(OWN).removeprefix(tokens.PREFIX)))
    protected, unprotected, payload, signature = tag.value
    claims = cbor2.loads(payload)
    for other in (
        cbor2.dumps(tag) + b"\0",
        cbor2.dumps([protected, unprotected, payload, signature]),
        cbor2.dumps(cbor2.CBORTag(18, [protected, {9: 1}, payload, signature])),
        *(
            cbor2.dumps(cbor2.CBORTag(18, [protected, unprotected, payload, other]))
            for other in ("signed", 5, None, [1], signature[:-1], signature + b"0")
        ),
        cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload])),
        b"\xd2\x98\x04" + cbor2.dumps(tag)[2:],
    ):
        assert found(tokens.PREFIX + tokens.to_base45(other)) == "qr_unreadable"
    for change in ({tokens.EXPIRES: 1.5}, {tokens.ID: b""}, {tokens.SHOWN: [9, b"", ""]}, {8: 1}):
        assert found(signed({**claims, **change})) == "qr_unreadable"
    shown = claims[tokens.SHOWN]
    for name in ("\x1b[2J", "a\nb", 7, None):
        assert found(signed({**claims, tokens.SHOWN: [*shown[:2], name]})) == "qr_unreadable"
    for size in ([*shown, "x", "y"], shown[:2], [True, *shown[1:]], [-1, *shown[1:]]):
        assert found(signed({**claims, tokens.SHOWN: size})) == "qr_unreadable"


def signed(payload: object) -> str:
    """A token of ours around any payload: what a fault of the backend could write."""
    protected = cbor2.dumps({1: tokens.ED25519, 4: tokens.key_id_of(PUBLIC)})
    body = cbor2.dumps(payload, canonical=True)
    signature = PRIVATE.sign(cbor2.dumps(["Signature1", protected, b"", body]))
    message = cbor2.CBORTag(18, [protected, {}, body, signature])
    return tokens.PREFIX + tokens.to_base45(cbor2.dumps(message))


@given(st.one_of(st.text(max_size=600), st.binary(max_size=200).map(tokens.to_base45)))
def test_whatever_else_is_scanned_is_refused_and_nothing_breaks(text: str) -> None:
    assert found(text) == "qr_unreadable"
    assert found(tokens.PREFIX + text) in ("qr_unreadable", "qr_key_unknown")


def test_a_token_with_some_bytes_replaced_never_breaks_the_reader() -> None:
    chance = random.Random(20261126)
    inside = tokens.from_base45(written(FOR_ANOTHER).removeprefix(tokens.PREFIX))
    for _ in range(500):
        changed = bytearray(inside)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        if bytes(changed) != inside:
            assert found(tokens.PREFIX + tokens.to_base45(bytes(changed)))


@pytest.mark.parametrize(
    ("content", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581")]
)
def test_base45_is_that_of_rfc_9285(content: bytes, text: str) -> None:
    assert tokens.to_base45(content) == text
    assert tokens.from_base45(text) == content


@pytest.mark.parametrize("text", ["A", "GGW", "::", ":::", "a00", "00a", "ABCD"])
def test_what_is_no_base45_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base45|substring"):
        tokens.from_base45(text)


@pytest.mark.parametrize(
    "published", [None, [], {}, {"keys": 1}, {"keys": [1]}, {"keys": [{"crv": "Ed25519"}]}]
)
def test_what_is_no_key_set_is_refused(published: object) -> None:
    with pytest.raises(ValueError, match="no key set"):
        tokens.keys_from(published)


def test_keys_of_other_kinds_in_a_set_are_passed_over() -> None:
    other = {"kty": "EC", "crv": "P-256", "kid": "x"}
    assert list(tokens.keys_from({"keys": [other, tokens.jwk(PUBLIC)]})) == [
        tokens.key_id_of(PUBLIC)
    ]
