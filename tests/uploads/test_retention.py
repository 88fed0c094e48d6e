"""When a file must go, and the receipt that says it went."""

import uuid
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from uploads.retention import DeletionReceipt, Retention, RetentionRules, lapses_at

TAKEN = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("kept_as", "decided_after_days", "lapses_after_days"),
    [
        (Retention.UNCLAIMED, None, 1),
        (Retention.DRAFT, None, 7),
        (Retention.DECIDED, 3, 33),
        (Retention.REVIEW_FRAMES, None, 30),
        (Retention.REVIEW_FRAMES, 5, 5),
        (Retention.REVIEW_FRAMES, 40, 30),
        (Retention.DIGITS_VIDEO, None, None),
        (Retention.DIGITS_VIDEO, 45, 45),
    ],
)
def test_each_kind_of_file_lapses_on_its_day(
    kept_as: Retention, decided_after_days: int | None, lapses_after_days: int | None
) -> None:
    decided = None if decided_after_days is None else TAKEN + timedelta(days=decided_after_days)
    expected = None if lapses_after_days is None else TAKEN + timedelta(days=lapses_after_days)
    assert lapses_at(kept_as, TAKEN, decided) == expected


def test_a_region_may_keep_drafts_for_a_shorter_time() -> None:
    rules = RetentionRules(draft_days=2)
    assert lapses_at(Retention.DRAFT, TAKEN, rules=rules) == TAKEN + timedelta(days=2)


def test_a_decided_file_without_a_decision_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="decision"):
        lapses_at(Retention.DECIDED, TAKEN)


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
