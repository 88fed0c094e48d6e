"""What an operator loads: all of it or nothing, again without doubling, every fault named."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from ecard.administration.loading import Loaded, load
from ecard.administration.staff import PasswordRefused, set_password
from ecard.agencies import service as agencies
from ecard.agencies.errors import StaffSignInFailed
from ecard.agencies.models import Region, StaffMember
from ecard.audit import AuditRow
from ecard.csv_files import FilesRefused
from ecard.errors import NotSignedIn
from ecard.joined import Joined
from ecard.policy import service as policies
from tests.administration.installation import SINCE, member, rows, write

PASSWORD = "lantern river walnut nine"


def loaded(installation: Joined, folder: Path, **changed: list[dict[str, str]]) -> Loaded:
    given = rows() | {f"{name}.csv": lines for name, lines in changed.items()}
    return load(installation.call(), write(folder / "files", given))


def findings(installation: Joined, folder: Path, **changed: list[dict[str, str]]) -> list[str]:
    with pytest.raises(FilesRefused) as refused:
        loaded(installation, folder, **changed)
    return refused.value.findings


def audited(installation: Joined) -> list[str]:
    with installation.db.read() as session:
        return list(session.scalars(sa.select(AuditRow.action).order_by(AuditRow.seq)))


def test_an_empty_installation_is_filled_and_each_thing_is_on_record(
    installation: Joined, tmp_path: Path
) -> None:
    done = loaded(installation, tmp_path)
    assert done.lines == [
        "region: 3 added",
        "agency: 1 added",
        "counter: 1 added",
        "policy: 1 added",
        "notice: 9 added",
        "staff: 2 added",
    ]
    assert [one.partition(" has no ")[::2] for one in done.wanting] == [
        (name, "password: python -m ecard set-staff-password") for name in ("ann", "clerk")
    ]
    assert sorted(audited(installation)) == sorted(
        ["region.added"] * 3
        + ["agency.added", "counter.added", "policy.added"]
        + ["notice.added"] * 9
        + ["staff.added"] * 2
    )
    with installation.db.read() as session:
        east = agencies.region_by_code(session, "east")
        assert [one.code for one in agencies.ancestry(session, east.id)] == [
            "east",
            "hills",
            "land",
        ]
        assert policies.current(session, east.id, installation.call().now).cap_all == 8


def test_loading_again_changes_nothing_and_writes_no_audit(
    installation: Joined, tmp_path: Path
) -> None:
    loaded(installation, tmp_path)
    before = audited(installation)
    again = loaded(installation, tmp_path)
    assert all("as they were" in line and "added" not in line for line in again.lines)
    assert audited(installation) == before


def test_only_what_differs_is_changed(installation: Joined, tmp_path: Path) -> None:
    loaded(installation, tmp_path)
    left = member("ann", "reviewer safeguarding", "hills") | {"disabled": "yes"}
    done = loaded(installation, tmp_path, staff=[left])
    assert "staff: 1 changed" in done.lines
    assert audited(installation)[-1] == "staff.changed"
    with installation.db.read() as session:
        query = sa.select(StaffMember).filter_by(user_name="ann")
        assert session.scalars(query).one().disabled_at == installation.call().now


WRONG = {
    "regions": ({"time_zone": "Moon"}, "regions.csv line 2: time_zone"),
    "agencies": ({"region": "west"}, "agencies.csv line 2: region"),
    "counters": ({"address_es": ""}, "counters.csv line 2: address_es"),
    "policies": ({"rule": "cap_nothing"}, "policies.csv line 2: rule: unknown"),
    "notices": ({"file": "../etc/passwd"}, "notices.csv line 2: file"),
    "staff": ({"roles": "clerk king"}, "staff.csv line 2: roles"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_by_file_line_and_column_and_nothing_is_loaded(
    installation: Joined, tmp_path: Path, name: str
) -> None:
    change, finding = WRONG[name]
    lines = rows()[f"{name}.csv"]
    found = findings(installation, tmp_path, **{name: [lines[0] | change, *lines[1:]]})
    assert any(one.startswith(finding) for one in found), found
    assert not any(value and value in one for value in change.values() for one in found)
    with installation.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Region)) == 0


def test_every_finding_is_told_at_once(installation: Joined, tmp_path: Path) -> None:
    regions = [one | {"parent": "nowhere"} for one in rows()["regions.csv"]]
    staff = [member("clerk", "clerk", "east"), member("clerk", "", "west")]
    found = findings(installation, tmp_path, regions=regions, staff=staff)
    assert len([one for one in found if "parent" in one]) == 3
    assert {one.split(": ")[1] for one in found if one.startswith("staff")} == {
        "counter", "roles", "region", "user_name"
    }  # fmt: skip


def test_rules_in_force_and_published_texts_are_not_written_anew(
    installation: Joined, tmp_path: Path
) -> None:
    loaded(installation, tmp_path)
    rules = [one | {"value": "9"} for one in rows()["policies.csv"] if one["rule"] == "cap_all"]
    assert "other rules are loaded" in findings(installation, tmp_path, policies=rules)[0]
    since_now = [one | {"effective_from": "2026-01-01T00:00:00+00:00"} for one in rules]
    assert "take a time to come" in findings(installation, tmp_path, policies=since_now)[0]
    later = [one | {"effective_from": "2030-01-01T00:00:00+08:00"} for one in rules]
    assert "policy: 1 added" in loaded(installation, tmp_path, policies=later).lines
    notices = [one | {"title": "Another"} for one in rows()["notices.csv"]]
    assert "new version" in findings(installation, tmp_path, notices=notices)[0]


def test_a_version_without_english_is_refused(installation: Joined, tmp_path: Path) -> None:
    notices = [one for one in rows()["notices.csv"] if one["language"] != "en"]
    found = findings(installation, tmp_path, notices=notices)
    assert all("has no text in en" in one for one in found)


def test_a_known_region_keeps_its_place_in_the_tree(installation: Joined, tmp_path: Path) -> None:
    loaded(installation, tmp_path)
    moved = rows()["regions.csv"]
    moved[0] |= {"level": "province", "parent": "land"}
    found = findings(installation, tmp_path, regions=moved)
    assert found == [
        "regions.csv line 2: parent: a region that is there keeps its level and its parent"
    ]


def test_what_keeps_people_from_being_served_is_said(installation: Joined, tmp_path: Path) -> None:
    rules = [one for one in rows()["policies.csv"] if one["rule"] not in ("cap_all", "adult_age")]
    done = loaded(installation, tmp_path, policies=rules, notices=[], staff=[])
    assert "land has no rule now for: adult_age, cap_all" in done.wanting
    assert "east has no notice now of the kind face_processing" in done.wanting
    assert SINCE.startswith("2025")


def test_a_folder_without_any_of_the_files_is_refused(installation: Joined, tmp_path: Path) -> None:
    with pytest.raises(FilesRefused, match=r"regions\.csv"):
        load(installation.call(), tmp_path)


def test_new_staff_come_in_only_once_a_password_was_typed_for_them(
    installation: Joined, tmp_path: Path
) -> None:
    loaded(installation, tmp_path)
    call = installation.call()
    for guess in ("", "ann", PASSWORD):
        with pytest.raises(StaffSignInFailed):
            agencies.sign_in(call, "ann", guess)
    set_password(call, "ann", PASSWORD)
    opened = agencies.sign_in(call, "ann", PASSWORD)
    assert agencies.actor_for_token(call, opened.access_token).roles == {"reviewer", "safeguarding"}
    assert audited(installation)[-2:] == ["staff.password_set", "staff.sign_in"]


def test_a_new_password_ends_the_sessions_that_were_open(
    installation: Joined, tmp_path: Path
) -> None:
    loaded(installation, tmp_path)
    call = installation.call()
    set_password(call, "ann", PASSWORD)
    token = agencies.sign_in(call, "ann", PASSWORD).access_token
    set_password(call, "ann", PASSWORD[::-1])
    with pytest.raises(NotSignedIn):
        agencies.actor_for_token(call, token)


@pytest.mark.parametrize("password", ["short", "a" * 30, "ann went up the hill", "x" * 201])
def test_a_weak_password_is_refused(installation: Joined, tmp_path: Path, password: str) -> None:
    loaded(installation, tmp_path)
    with pytest.raises(PasswordRefused):
        set_password(installation.call(), "ann", password)


def test_nobody_s_password_cannot_be_set(installation: Joined) -> None:
    with pytest.raises(PasswordRefused, match=r"staff\.csv"):
        set_password(installation.call(), "zoe", PASSWORD)
