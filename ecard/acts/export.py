"""The whole history as a file to keep: CSV for programs, PDF for people."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ecard.acts.service import ActView, every_on_link, every_on_me
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.handing_out import handing_out
from ecard.locale import sentence, written_time
from ecard.persons import service as persons
from ecard.printing import PDF, TITLE_POINTS, Paper

CSV = "text/csv"
FORMATS = {"csv": CSV, "pdf": PDF}
COLUMNS = ("at", "who", "what", "scope", "channel", "link", "action")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula where a cell begins with it."""


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A file to hand out."""

    content: bytes
    media_type: str


def of_link(call: Call, link_id: uuid.UUID, form: str) -> HistoryFile:
    """Everything done on a link, for its holder or its relative. Raises NotFound, TooManyRequests,
    Busy."""
    return _file(call, lambda: every_on_link(call, link_id), form)


def of_me(call: Call, form: str) -> HistoryFile:
    """Everything that anybody did with the signed-in person's affairs. Raises TooManyRequests,
    Busy."""
    return _file(call, lambda: every_on_me(call), form)


def _file(call: Call, lines: Callable[[], Iterator[ActView]], form: str) -> HistoryFile:
    with handing_out(call, "history_file"):
        return _written(call, list(lines()), form)


def _written(call: Call, acts: Sequence[ActView], form: str) -> HistoryFile:
    make = _as_csv if form == "csv" else _as_pdf
    with call.db.read() as session:
        person = persons.particulars(session, call, call.holder.person_id)
        zone = agencies.time_zone(session, person.region_id)
    return HistoryFile(make(call, acts, zone), FORMATS[form])


def _as_csv(call: Call, acts: Sequence[ActView], zone: ZoneInfo) -> bytes:
    language = call.language
    out = io.StringIO()
    out.write("\ufeff")  # without it spreadsheets take UTF-8 for something else
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for act in acts:
        cells = (
            act.at.astimezone(zone).isoformat(timespec="seconds"),
            _who(act, language),
            act.said,
            sentence(f"scope.{act.scope}", language),
            act.channel,
            str(act.link_id or ""),
            act.action,
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue().encode("utf-8")


def _as_pdf(call: Call, acts: Sequence[ActView], zone: ZoneInfo) -> bytes:
    language = call.language
    title = sentence("history.title", language)
    paper = Paper(title, call.now, language)
    paper.write(title, TITLE_POINTS)
    paper.write(written_time(call.now.astimezone(zone), language))
    paper.gap()
    for line in _lines(acts, language, zone):
        paper.write(line)
    return paper.printed()


def _lines(acts: Sequence[ActView], language: str, zone: ZoneInfo) -> Iterator[str]:
    if not acts:
        yield sentence("history.nothing", language)
    for act in acts:
        at = written_time(act.at.astimezone(zone), language)
        yield f"{at} – {_who(act, language)}: {act.said}"


def _who(act: ActView, language: str) -> str:
    return act.actor or sentence(f"history.by_{act.actor_kind}", language)
