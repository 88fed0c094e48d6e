"""What is sealed opens only with its key, at its place, whole and unchanged."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.encryption import (
    CHUNK_BYTES,
    BlindIndex,
    MasterKey,
    create_key_file,
    decrypt_blob,
    encrypt_blob,
    key_id,
    new_key,
    open_sealed,
    read_key_file,
    seal,
)
from uploads.errors import DecryptionFailed, KeyFileRefused

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PLACE = "persons.name|7"
BLOB_HEADER, SEALED_CHUNK = 11, CHUNK_BYTES + 16


def flipped(content: bytes, at: int, bit: int = 0) -> bytes:
    """The same bytes with one bit turned."""
    return content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]


# ---- small values


@given(st.binary(max_size=300), st.text(max_size=60))
def test_what_is_sealed_opens_again(value: bytes, place: str) -> None:
    sealed = seal(KEY, value, place)
    assert open_sealed(KEY, sealed, place) == value
    assert len(value) < 8 or value not in sealed


@given(st.binary(max_size=40), st.data())
def test_a_sealed_value_with_one_bit_changed_does_not_open(value: bytes, data) -> None:
    sealed = seal(KEY, value, PLACE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    with pytest.raises(DecryptionFailed):
        open_sealed(KEY, flipped(sealed, at, data.draw(st.integers(0, 7))), PLACE)


@given(st.binary(max_size=40), st.data())
def test_a_truncated_sealed_value_does_not_open(value: bytes, data) -> None:
    sealed = seal(KEY, value, PLACE)
    with pytest.raises(DecryptionFailed):
        open_sealed(KEY, sealed[: data.draw(st.integers(0, len(sealed) - 1))], PLACE)


@pytest.mark.parametrize("place", ["persons.name|8", "persons.phone|7", "cards.name|7", ""])
def test_a_value_moved_to_another_place_does_not_open(place: str) -> None:
    with pytest.raises(DecryptionFailed):
        open_sealed(KEY, seal(KEY, b"Ana", PLACE), place)


def test_a_value_does_not_open_with_another_key() -> None:
    with pytest.raises(DecryptionFailed):
        open_sealed(OTHER, seal(KEY, b"Ana", PLACE), PLACE)


def test_sealing_twice_gives_two_different_texts() -> None:
    assert len({seal(KEY, b"Ana", PLACE) for _ in range(1_000)}) == 1_000


# ---- master keys


def test_a_key_is_wrapped_for_one_person_only() -> None:
    master, person = MasterKey(KEY), new_key()
    wrapped = master.wrap(person, "person_keys|1")
    assert person not in wrapped
    assert master.unwrap(wrapped, "person_keys|1") == person
    with pytest.raises(DecryptionFailed):
        master.unwrap(wrapped, "person_keys|2")


def test_a_new_master_key_opens_what_the_old_one_wrapped_and_knows_it_is_old() -> None:
    wrapped = MasterKey(KEY).wrap(b"k" * 32, PLACE)
    renewed = MasterKey(OTHER, old=[KEY])
    assert renewed.unwrap(wrapped, PLACE) == b"k" * 32
    assert not renewed.is_current(wrapped)
    again = renewed.wrap(renewed.unwrap(wrapped, PLACE), PLACE)
    assert renewed.is_current(again)
    assert MasterKey(OTHER).unwrap(again, PLACE) == b"k" * 32


def test_once_the_old_master_key_is_gone_its_wrapped_keys_do_not_open() -> None:
    wrapped = MasterKey(KEY).wrap(b"k" * 32, PLACE)
    for bad in (wrapped, b"", wrapped[:20]):
        with pytest.raises(DecryptionFailed):
            MasterKey(OTHER).unwrap(bad, PLACE)


def test_a_wrapped_key_is_no_sealed_value_and_the_other_way_round() -> None:
    with pytest.raises(DecryptionFailed):
        open_sealed(KEY, MasterKey(KEY).wrap(b"k" * 32, PLACE), PLACE)
    with pytest.raises(DecryptionFailed):
        MasterKey(KEY).unwrap(seal(KEY, b"k" * 32, PLACE), PLACE)


def test_the_chain_of_keys_ends_where_a_link_is_destroyed() -> None:
    master, person, file = MasterKey(KEY), new_key(), new_key()
    wrapped_person = master.wrap(person, "person_keys|1")
    sealed_file = seal(person, file, "stored_files.key|9")
    blob = encrypt_blob(file, b"a document", "stored_files|9")
    opened = open_sealed(
        master.unwrap(wrapped_person, "person_keys|1"), sealed_file, "stored_files.key|9"
    )
    assert decrypt_blob(opened, blob, "stored_files|9") == b"a document"
    with pytest.raises(DecryptionFailed):
        open_sealed(new_key(), sealed_file, "stored_files.key|9")


# ---- files


@pytest.mark.parametrize(
    "size",
    [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7],
)
def test_a_file_of_any_size_opens_again(size: int) -> None:
    content = os.urandom(size)
    blob = encrypt_blob(KEY, content, PLACE)
    chunks = max(1, -(-size // CHUNK_BYTES))
    assert len(blob) == BLOB_HEADER + size + 16 * chunks
    assert decrypt_blob(KEY, blob, PLACE) == content


@given(st.binary(max_size=3), st.integers(0, 3 * CHUNK_BYTES))
def test_chunking_loses_and_adds_no_byte(ending: bytes, size: int) -> None:
    content = b"\x07" * size + ending
    assert decrypt_blob(KEY, encrypt_blob(KEY, content, PLACE), PLACE) == content


THREE_CHUNKS = encrypt_blob(KEY, b"".join(bytes([i]) * CHUNK_BYTES for i in range(3)), PLACE)
CHUNKS = [
    THREE_CHUNKS[BLOB_HEADER + i * SEALED_CHUNK : BLOB_HEADER + (i + 1) * SEALED_CHUNK]
    for i in range(3)
]
HEADER = THREE_CHUNKS[:BLOB_HEADER]


@pytest.mark.parametrize(
    "chunks",
    [
        CHUNKS[:2],
        CHUNKS[:1],
        CHUNKS[1:],
        [],
        [CHUNKS[1], CHUNKS[0], CHUNKS[2]],
        [CHUNKS[0], CHUNKS[2], CHUNKS[1]],
        [*CHUNKS, CHUNKS[2]],
        [CHUNKS[0], CHUNKS[0], CHUNKS[2]],
        [*CHUNKS, b"\0"],
        [*CHUNKS, b"\0" * 40],
    ],
)
def test_chunks_cut_off_swapped_or_added_do_not_open(chunks: list[bytes]) -> None:
    assert decrypt_blob(KEY, HEADER + b"".join(CHUNKS), PLACE)
    with pytest.raises(DecryptionFailed):
        decrypt_blob(KEY, HEADER + b"".join(chunks), PLACE)


@given(st.integers(0, len(THREE_CHUNKS) - 1), st.integers(0, 7))
def test_a_file_with_one_bit_changed_does_not_open(at: int, bit: int) -> None:
    with pytest.raises(DecryptionFailed):
        decrypt_blob(KEY, flipped(THREE_CHUNKS, at, bit), PLACE)


@given(st.integers(0, len(THREE_CHUNKS) - 1))
def test_a_file_cut_anywhere_does_not_open(length: int) -> None:
    with pytest.raises(DecryptionFailed):
        decrypt_blob(KEY, THREE_CHUNKS[:length], PLACE)


def test_chunks_of_another_file_do_not_fit_even_under_the_same_key() -> None:
    twin = encrypt_blob(KEY, b"\x09" * 3 * CHUNK_BYTES, PLACE)
    mixed = HEADER + CHUNKS[0] + twin[BLOB_HEADER + SEALED_CHUNK :]
    with pytest.raises(DecryptionFailed):
        decrypt_blob(KEY, mixed, PLACE)


def test_a_file_swapped_with_another_does_not_open() -> None:
    one = encrypt_blob(KEY, b"one", "stored_files|1")
    with pytest.raises(DecryptionFailed):
        decrypt_blob(KEY, one, "stored_files|2")
    with pytest.raises(DecryptionFailed):
        decrypt_blob(OTHER, one, "stored_files|1")


# ---- key files


def test_a_new_key_file_is_ours_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    before = os.umask(0o777)
    try:
        create_key_file(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    key = read_key_file(path)
    assert len(key) == 32
    with pytest.raises(KeyFileRefused):
        create_key_file(path)
    assert read_key_file(path) == key
    assert MasterKey.from_file(path).key_id == key_id(key)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o700, 0o777])
def test_a_key_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(KeyFileRefused, match="0600"):
        MasterKey.from_file(path)


@pytest.mark.parametrize(
    "content",
    [b"", os.urandom(31), os.urandom(33), os.urandom(64), b"\0" * 32, b"secret!!" * 4],
    ids=["empty", "short", "long", "double", "zeros", "words"],
)
def test_a_key_file_with_the_wrong_content_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileRefused) as refused:
        read_key_file(path)
    assert content.hex() not in str(refused.value) or not content


def test_a_missing_key_and_what_is_no_plain_file_are_refused(tmp_path: Path) -> None:
    create_key_file(tmp_path / "real.key")
    (tmp_path / "link.key").symlink_to(tmp_path / "real.key")
    (tmp_path / "folder.key").mkdir(0o700)
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    for name in ("missing.key", "link.key", "folder.key", "pipe.key"):
        with pytest.raises(KeyFileRefused):
            read_key_file(tmp_path / name)


# ---- blind indexes


def test_an_index_finds_the_same_value_and_fits_its_column() -> None:
    index = BlindIndex(KEY)
    assert index.of("number", "123") == index.of("number", "123") == index.of("number", b"123")
    assert index.of("number", "123") != index.of("number", "124")
    assert len(index.of("number", "123")) == 73


def test_purposes_cannot_be_joined_nor_shifted_into_each_other() -> None:
    index = BlindIndex(KEY)
    assert index.of("card", "123") != index.of("phone", "123")
    assert index.of("card", "|123") != index.of("card|", "123")


def test_after_a_change_of_key_old_indexes_are_still_found() -> None:
    stored = BlindIndex(KEY).of("number", "123")
    renewed = BlindIndex(OTHER, old=[KEY])
    assert renewed.of("number", "123") != stored
    assert renewed.candidates("number", "123") == (renewed.of("number", "123"), stored)
    assert stored.startswith(key_id(KEY))
