"""What a password costs whoever guesses: the same for everybody, and never less than this."""

from argon2 import extract_parameters

from ecard.hashing import MEMORY_KIB, Hasher
from ecard.joined import join
from tests.support import Stage, verifier


def test_the_service_hashes_with_46_mebibytes_whatever_tests_take(stage: Stage) -> None:
    process = join(stage.joined.settings, verifier=verifier)
    kept = process.dependencies.hasher.hash("harbour")
    process.db.close()
    assert kept.startswith("$argon2id$v=19$m=47104,t=1,p=1$")


def test_an_unknown_user_s_password_is_hashed_with_the_same_work() -> None:
    for hasher in (Hasher(), Hasher(memory_kib=256)):
        known = extract_parameters(hasher.hash("harbour"))
        assert extract_parameters(hasher.nobodys_hash) == known
    assert extract_parameters(Hasher().nobodys_hash).memory_cost == MEMORY_KIB


def test_a_password_fits_its_own_hash_only() -> None:
    hasher = Hasher(memory_kib=64)
    kept = hasher.hash("harbour")
    assert kept != hasher.hash("harbour")
    assert hasher.fits(kept, "harbour")
    assert not hasher.fits(kept, "Harbour")
    assert not hasher.fits(None, "harbour")
    assert not hasher.fits("not a hash", "harbour")
