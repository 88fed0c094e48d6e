"""Whether a message to one person may be read by another: is it the same telephone or mailbox?"""

import pytest

from ecard.registry.port import Contact


@pytest.mark.parametrize(
    "written",
    ["+34 612 345 678", "0034612345678", "612-345-678", "(0)612 345 678", "34612345678"],
)
def test_one_telephone_is_known_however_its_number_is_written(written: str) -> None:
    assert Contact(phone=written).shares_with(Contact(phone="+34612345678"))


def test_another_telephone_and_another_mailbox_are_not_shared() -> None:
    mine = Contact("+34612345678", "ana@example.org")
    assert not mine.shares_with(Contact("+34612345679", "an.a@example.org"))
    assert not mine.shares_with(Contact())


def test_one_mailbox_is_shared_whatever_the_telephones_are() -> None:
    mine = Contact("+34612345678", "ana@example.org")
    assert mine.shares_with(Contact("+34600000000", "Ana@Example.org"))
