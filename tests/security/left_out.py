"""The checks that the permission matrix is about, and the backend without each one of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Without:
    """The backend without one of its checks: a line of it changed."""

    file: str
    line: str
    instead: str


CHECKS = {
    "the kind of token": Without("auth.py", "if held != asked:", "if False:"),
    "whose link it is": Without(
        "family/links.py",
        "if link is None or link.holder_id != call.holder.person_id:",
        "if link is None:",
    ),
    "the link's state": Without(
        "family/acting.py",
        "if state != rules.ACTIVE or link.relative_id is None:",
        "if link.relative_id is None:",
    ),
    "the scope": Without("family/acting.py", "if scope not in link.scopes:", "if False:"),
    "both sides' cards": Without(
        "acts/service.py", "family.refuse_unless_standing(call, link_id, any_card=any_card)", "pass"
    ),
    "whose document it is": Without(
        "documents/uploading.py", "return row.holder_id == call.holder.person_id and", "return"
    ),
    "whose upload it is": Without(
        "documents/resuming.py", "PartialUpload.holder_id == call.holder.person_id, ", ""
    ),
    "whose reset it is": Without(
        "cards/resets.py",
        "row.person_id != call.holder.person_id:\n        raise NotFound\n    _refuse",
        "False:\n        raise NotFound\n    _refuse",
    ),
    "whose device it is": Without(
        "accounts/devices.py", "if device.account_id != call.holder.account_id:", "if False:"
    ),
    "whose recovery it is": Without(
        "accounts/recoveries.py", "row.account_id != call.holder.account_id or ", ""
    ),
    "whose certificate it is": Without(
        "rights/service.py", "mine = call.holder.person_id == row.person_id", "mine = True"
    ),
    "the reviewer's region": Without(
        "review/access.py", "if region_id not in call.staff.region_ids:", "if False:"
    ),
    "the role of staff": Without(
        "call.py", "if not self.staff.roles.intersection(roles):", "if False:"
    ),
    "that it is the other guardian": Without(
        "family/guardians.py",
        "_guardians_of(call, link).where(_held_by(call))",
        "_guardians_of(call, link)",
    ),
    "whose link on them it is": Without(
        "family/links.py",
        "if link is None or relative_told(session, link) != call.holder.person_id:",
        "if link is None:",
    ),
    "who reads how a link moved": Without(
        "family/reading.py", "if not is_side(session, link_id, person_id):", "if False:"
    ),
    "who reads what was done by a link": Without(
        "acts/service.py",
        "if not family.is_side(session, link_id, call.holder.person_id):",
        "if False:",
    ),
    "whose session at the camera it is": Without(
        "activation/sessions.py", "if session_id != guest.capture_session_id:", "if False:"
    ),
    "who opened the proof of life": Without(
        "certification/sessions.py",
        "if row is None or row.opened_by != call.holder.person_id:",
        "if row is None:",
    ),
    "who appeals": Without(
        "review/appeals.py", "if call.holder.person_id not in sides:", "if False:"
    ),
    "who puts an order on file": Without(
        "review/disputes.py",
        "if call.holder.person_id not in parties or case_id is None:",
        "if case_id is None:",
    ),
    "whose card application it is": Without(
        "card_applications/reading.py",
        "theirs = [table.person_id == found.person_id]",
        "theirs = [sa.true()]",
    ),
    "whose transfer it is": Without(
        "transfers/reading.py",
        "theirs = [Transfer.person_id == acting.person_id]",
        "theirs = [sa.true()]",
    ),
    "whose withdrawn consent it is": Without(
        "own_data/withdrawing.py",
        "if row is None or call.holder.person_id not in (row.person_id, row.actor_id):",
        "if row is None:",
    ),
    "the region of a proof's case that is read": Without(
        "certification/looking.py",
        "if row is None or row.region_id not in call.staff.region_ids:",
        "if row is None:",
    ),
    "the region of a proof's case that is decided": Without(
        "certification/desk.py",
        "if row is None or row.region_id not in call.staff.region_ids:",
        "if row is None:",
    ),
    "the region of a benefit that is paid again": Without(
        "certification/desk.py",
        "if person is None or person.region_id not in call.staff.region_ids:",
        "if person is None:",
    ),
    "the region of a proof's code": Without(
        "certification/codes.py",
        "if row is not None and person is not None and person.region_id in call.staff.region_ids:",
        "if row is not None and person is not None:",
    ),
    "the region of a code for the counter": Without(
        "activation/counter.py",
        "return (found.id, link.id) if link.region_id in call.staff.region_ids else None",
        "return found.id, link.id",
    ),
    "the region of a QR code": Without(
        "qr/using.py", "if person.region_id not in call.staff.region_ids:", "if False:"
    ),
    "the region of a card application": Without(
        "card_applications/desk.py",
        "if row is None or row.region_id not in call.staff.region_ids:",
        "if row is None:",
    ),
    "the agency of a transfer": Without(
        "transfers/deciding.py",
        "if row is None or row.agency_region_id not in call.staff.region_ids:",
        "if row is None:",
    ),
    "the region of a correction": Without(
        "own_data/correcting.py",
        "if row is None or row.region_id not in call.staff.region_ids:",
        "if row is None:",
    ),
    "the region of a withdrawn consent": Without(
        "own_data/withdrawing.py", "if region_id not in call.staff.region_ids:", "if False:"
    ),
    "the region of a person at a counter": Without(
        "accounts/recoveries.py", " or not _in_region(session, call, known):", ":"
    ),
    "the region of a link that is stopped": Without(
        "family/ending.py",
        "if link.region_id not in call.staff.region_ids:\n            raise",
        "if False:\n            raise",
    ),
    "whose link is ended at a counter": Without(
        "family/ending.py",
        "if persons.registry_ref(session, link.relative_id) != registry_ref:",
        "if False:",
    ),
}
