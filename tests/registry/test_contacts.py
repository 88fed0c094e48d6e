"""Whether a message to one person may be read by another: is it the same telephone or mailbox?"""

import pytest

from ecard.registry.port import Contact


@pytest.mark.parametrize(
    "written",
    ["+34 612 345 678", "0034612345678", "612-345-678", "(0)612 345 678", "34612345678"],
)
def test_one_telephone_is_known_however_its_number_is_written(written: str) -> None:
    assert Contact(phone=written).apart_from(Contact(phone="+34612345678")) == Contact()


def test_another_telephone_and_another_mailbox_are_not_shared() -> None:
    mine = Contact("+34612345678", "ana@example.org")
    assert mine.apart_from(Contact("+34612345679", "an.a@example.org")) == mine
    assert mine.apart_from(Contact()) == mine


def test_of_two_addresses_the_one_that_is_not_shared_is_left() -> None:
    mine = Contact("+34612345678", "ana@example.org")
    assert mine.apart_from(Contact("+34600000000", "Ana@Example.org")) == Contact("+34612345678")
    assert mine.apart_from(Contact("612345678")) == Contact(None, "ana@example.org")
