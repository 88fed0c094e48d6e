"""A device's signature: of exactly these bytes, by exactly this key, or none."""

import pytest

from ecard.demo.capture_client import SigningKey
from ecard.signatures import DeviceKey

KEY, OTHER = SigningKey(), SigningKey()
SIGNED = KEY.sign(b"content").decode()


def test_the_owner_of_the_key_signs_and_nobody_else() -> None:
    key = DeviceKey.from_jwk(KEY.public_jwk())
    assert key.signed(b"content", SIGNED)
    assert not key.signed(b"contents", SIGNED)
    assert not DeviceKey.from_jwk(OTHER.public_jwk()).signed(b"content", SIGNED)


@pytest.mark.parametrize(
    "signature",
    ["", "x", "A" * 86, SIGNED[:-1], SIGNED + "A", "?" * 86],
    ids=["nothing", "short", "zero", "cut_off", "longer", "no_base64"],
)
def test_what_is_no_signature_is_none(signature: str) -> None:
    assert not DeviceKey.from_jwk(KEY.public_jwk()).signed(b"content", signature)


def test_a_key_is_kept_as_text() -> None:
    key = DeviceKey.from_jwk(KEY.public_jwk())
    assert DeviceKey.from_text(key.as_text()) == key


@pytest.mark.parametrize(
    "changed",
    [{"x": "A" * 43}, {"crv": "P-384"}, {"kty": "RSA"}, {"x": "?" * 43}, {"y": "AAAA"}],
    ids=["not_on_the_curve", "another_curve", "another_kind", "no_base64", "short"],
)
def test_what_is_no_point_of_the_curve_is_no_key(changed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        DeviceKey.from_jwk(KEY.public_jwk() | changed)
