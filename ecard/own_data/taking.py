"""All of it as a file: JSON for programs, in a ZIP with the person's own pictures; PDF for people.

It asks for the e-card password, is made in memory, handed out once and kept nowhere.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ecard import audit, files
from ecard.acts import service as acts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.cards import service as cards
from ecard.handing_out import handing_out
from ecard.kept import Whose
from ecard.own_data.collecting import collect, pictures
from ecard.own_data.printing import printed
from ecard.own_data.whose import as_guardian, note, refuse_guardian, refuse_too_young
from ecard.persons import service as persons
from ecard.printing import PDF

FORMAT = "ecard-own-data/1"
ZIP, JSON = "application/zip", "application/json"
FORMATS = {"zip": ZIP, "json": JSON, "pdf": PDF}
ENDINGS = {"image/jpeg": "jpg", "application/pdf": "pdf"}


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file to hand out."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the file, or why it is not."""

    what: str
    file: str | None
    content: bytes | None = None


def take_own(call: Call, step_up_id: uuid.UUID | None, form: str) -> DataFile:
    """The signed-in person's own. Raises StepUpNeeded, GuardianDecides, TooManyRequests, Busy,
    Unavailable."""
    own_id = call.holder.person_id
    whose = Whose(own_id, own_id)

    def allowed(session: Session) -> None:
        refuse_too_young(session, call, own_id)
        _record(session, call, whose, step_up_id)

    with handing_out(call, "own_data_file", allowed):
        return _made(call, whose, form)


def take_as_guardian(
    call: Call, link_id: uuid.UUID, step_up_id: uuid.UUID | None, form: str
) -> DataFile:
    """Of whom the guardian speaks for, as far as it concerns this link. Raises NotFound,
    LinkNotActive, NotTheirGuardian, CardNotUsable, RelativeNotConfirmed beside the above."""
    refuse_guardian(call, link_id)
    with call.db.read() as session:
        whose = as_guardian(session, call, link_id)

    def allowed(session: Session) -> None:
        acts.hold_link(session, link_id)
        as_guardian(session, call, link_id)
        _record(session, call, whose, step_up_id)

    with handing_out(call, "own_data_file", allowed):
        return _made(call, whose, form)


def _record(session: Session, call: Call, whose: Whose, step_up_id: uuid.UUID | None) -> None:
    cards.spend_grant(session, call, step_up_id, cards.TAKE_DATA)
    note(session, call, whose, "own_data.taken")
    audit.record(
        session, call, "own_data.taken", "person", whose.person_id, acting_for=whose.person_id
    )


def _made(call: Call, whose: Whose, form: str) -> DataFile:
    kept = collect(call, whose, None, in_full=True)
    if form == "pdf":
        return DataFile(printed(kept, call.language, _zone(call, whose)), PDF)
    data = asdict(kept)
    shown = _pictures(call, whose) if form == "zip" else []
    data |= {"format": FORMAT, "pictures": [{"what": p.what, "file": p.file} for p in shown]}
    text = json.dumps(data, default=_plain, ensure_ascii=False, indent=1).encode()
    return DataFile(_packed(text, shown) if form == "zip" else text, FORMATS[form])


def _zone(call: Call, whose: Whose) -> ZoneInfo:
    with call.db.read() as session:
        region_id = persons.particulars(session, call, whose.person_id).region_id
        return agencies.time_zone(session, region_id)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _pictures(call: Call, whose: Whose) -> list[Picture]:
    """Every picture of the person, as far as there is room; of the others it is said."""
    room, found = call.settings.own_data_file_bytes, []
    with call.db.read() as session:
        for what, file_id in pictures(session, whose):
            content = files.read(session, call, file_id)
            ending = ENDINGS.get(files.media_type(session, file_id), "bin")
            fits = len(content) <= room
            room -= len(content) if fits else 0
            name = f"pictures/{what}-{file_id}.{ending}" if fits else None
            found.append(Picture(what, name, content if fits else None))
    return found


def _packed(text: bytes, shown: Sequence[Picture]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("data.json"), text, zipfile.ZIP_DEFLATED)
        for picture in shown:
            if picture.file is not None and picture.content is not None:
                packed.writestr(zipfile.ZipInfo(picture.file), picture.content)
    return out.getvalue()
