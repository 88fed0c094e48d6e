"""What is kept of a face is sealed, turned, bound to its record, and gone with its secret."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from biometrics.comparison import distance
from biometrics.templates import (
    TemplateRefused,
    Terms,
    distance_to,
    new_secret,
    protect,
    renewed,
    terms_of,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ENGINE = "dlib-resnet-v1"
TERMS = Terms("record-1", ENGINE, NOW + timedelta(days=365))
ASKED: dict[str, Any] = {"record": "record-1", "engine": ENGINE, "now": NOW}
OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"


def embedding(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=128)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


@pytest.mark.gate
def test_distances_stay_as_they_were():
    secret = new_secret()
    kept = protect(embedding(1), TERMS, secret)
    for seed in (1, 2, 3):
        wanted = distance(embedding(1), embedding(seed))
        assert distance_to(kept, embedding(seed), secret, **ASKED) == pytest.approx(
            wanted, abs=1e-5
        )


def test_the_record_shows_nothing_of_the_face_and_never_looks_the_same():
    secret, face = new_secret(), embedding(1)
    one, other = protect(face, TERMS, secret), protect(face, TERMS, secret)
    assert one != other
    assert face.tobytes() not in one
    assert face[:2].tobytes() not in one


@pytest.mark.gate
def test_two_records_cannot_be_joined():
    """Turned by two rotations one face is as far from itself as a stranger."""
    from biometrics.templates import _rotation

    away = []
    for number in range(40):
        secrets = new_secret(), new_secret()
        turned = [_rotation(secret, TERMS, 128) @ embedding(number) for secret in secrets]
        away.append(distance(*turned))
    assert abs(float(np.mean(away)) - 1) < 0.1
    assert min(away) > 0.5


def test_a_rotation_is_orthogonal_and_the_same_each_time():
    from biometrics.templates import _rotation

    secret = new_secret()
    matrix = _rotation(secret, TERMS, 128)
    assert matrix @ matrix.T == pytest.approx(np.eye(128), abs=1e-10)
    assert np.array_equal(matrix, _rotation(secret, TERMS, 128))


def test_a_template_is_renewed_without_a_new_capture():
    old, new = new_secret(), new_secret()
    later = NOW + timedelta(days=700)
    first = protect(embedding(1), TERMS, old)
    second = renewed(first, old, new, expires_at=later, **ASKED)
    assert (terms_of(second).turn, terms_of(second).expires_at) == (1, later)
    wanted = distance(embedding(1), embedding(2))
    assert distance_to(second, embedding(2), new, **ASKED) == pytest.approx(wanted, abs=1e-4)
    with pytest.raises(TemplateRefused, match="another secret"):
        distance_to(second, embedding(2), old, **ASKED)


def test_without_its_secret_it_is_gone():
    kept = protect(embedding(1), TERMS, new_secret())
    with pytest.raises(TemplateRefused, match="another secret"):
        distance_to(kept, embedding(1), new_secret(), **ASKED)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"record": "record-2"}, "another record"),
        ({"engine": "yunet-mobilefacenet-v1"}, "another engine"),
        ({"now": NOW + timedelta(days=365)}, "expired"),
    ],
)
def test_another_record_another_engine_or_too_late_is_refused(asked, reason):
    secret = new_secret()
    kept = protect(embedding(1), TERMS, secret)
    with pytest.raises(TemplateRefused, match=reason):
        distance_to(kept, embedding(1), secret, **(ASKED | asked))


def test_whatever_is_altered_is_refused():
    secret = new_secret()
    kept = protect(embedding(1), TERMS, secret)
    for place in range(len(kept)):
        changed = kept[:place] + bytes([kept[place] ^ 1]) + kept[place + 1 :]
        with pytest.raises(TemplateRefused):
            distance_to(changed, embedding(1), secret, **ASKED)
    for size in (0, 1, 40, len(kept) - 1):
        with pytest.raises(TemplateRefused):
            distance_to(kept[:size], embedding(1), secret, **ASKED)


@pytest.mark.parametrize("turn", [b"Infinity", b"NaN", b"[" * 60_000])
def test_a_head_that_is_no_head_is_refused(turn):
    kept = protect(embedding(1), TERMS, new_secret())
    size = 2 + int.from_bytes(kept[:2], "big")
    head = kept[2:size].replace(b'"turn":0', b'"turn":' + turn)
    with pytest.raises(TemplateRefused):
        terms_of(len(head).to_bytes(2, "big") + head + kept[size:])


def test_another_name_written_beside_it_does_not_open_it():
    secret = new_secret()
    kept = protect(embedding(1), TERMS, secret)
    renamed = kept.replace(b"record-1", b"record-2")
    with pytest.raises(TemplateRefused, match="altered"):
        distance_to(renamed, embedding(1), secret, **(ASKED | {"record": "record-2"}))


def test_a_template_of_another_version_is_refused():
    kept = protect(embedding(1), TERMS, new_secret())
    with pytest.raises(TemplateRefused, match="version"):
        terms_of(kept.replace(b'"version":1', b'"version":2'))


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_what_is_no_embedding_is_never_kept_or_compared(value):
    bad, secret = np.full(128, value, np.float32), new_secret()
    kept = protect(embedding(1), TERMS, secret)
    with pytest.raises(ValueError, match="embedding"):
        protect(bad, TERMS, secret)
    with pytest.raises(ValueError, match="embedding"):
        distance_to(kept, bad, secret, **ASKED)
    with pytest.raises(ValueError, match="secret"):
        protect(embedding(1), TERMS, b"short")


def test_no_http_interface_takes_or_returns_embeddings_distances_or_scores():
    names = set(_names(json.loads(OPENAPI.read_text(encoding="utf-8"))))
    assert "frames" in names  # the walk does reach the fields of bodies
    assert "between_eyes_px" in names  # and what a case's facts are made of
    told = re.compile(r"embed|template|descriptor|distance|score|similarit|threshold|_within$")
    assert not [name for name in names if told.search(name.lower()) and "message" not in name]


def _names(node: object):
    """Every name of a field or parameter, wherever it stands."""
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from properties
        if isinstance(node.get("in"), str) and isinstance(node.get("name"), str):
            yield node["name"]
        for inner in node.values():
            yield from _names(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _names(inner)
