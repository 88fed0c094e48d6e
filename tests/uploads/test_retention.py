"""The receipt that says that a file went."""

import uuid
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from uploads.retention import DeletionReceipt

TAKEN = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
KEY = bytes(range(32))


@pytest.fixture
def receipt() -> DeletionReceipt:
    return DeletionReceipt.create(KEY, uuid.uuid4(), "document", TAKEN, "draft lapsed")


def test_a_receipt_verifies_after_a_round_trip_as_text(receipt: DeletionReceipt) -> None:
    again = DeletionReceipt.from_json(receipt.to_json())
    assert again == receipt
    assert again.verify(KEY)


@pytest.mark.parametrize("field", [one.name for one in fields(DeletionReceipt)])
def test_a_receipt_with_any_field_changed_does_not_verify(
    receipt: DeletionReceipt, field: str
) -> None:
    value = getattr(receipt, field)
    other: Any = {
        uuid.UUID: uuid.UUID(int=1),
        datetime: TAKEN + timedelta(seconds=1),
    }.get(type(value), f"{value}x")
    changed: dict[str, Any] = {field: other}
    assert not replace(receipt, **changed).verify(KEY)


def test_a_receipt_does_not_verify_with_another_key(receipt: DeletionReceipt) -> None:
    assert not receipt.verify(bytes(32))


def test_a_receipt_needs_to_know_its_time_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        DeletionReceipt.create(KEY, uuid.uuid4(), "document", TAKEN.replace(tzinfo=None), "x")


def test_two_receipts_for_one_object_are_told_apart() -> None:
    one, two = (
        DeletionReceipt.create(KEY, uuid.UUID(int=5), "document", TAKEN, "x") for _ in range(2)
    )
    assert one.receipt_id != two.receipt_id
