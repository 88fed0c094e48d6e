"""What is kept about a person, printed for people: the same as in data.json, in one language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ecard.kept import Fact, Kept
from ecard.locale import sentence, written_day, written_time
from ecard.own_data.collecting import OwnData
from ecard.printing import HEADING_POINTS, TITLE_POINTS, Paper


def printed(data: OwnData, language: str, zone: ZoneInfo) -> bytes:
    """A PDF; with the same data, language and zone the same bytes."""
    title = sentence("own_data.title", language)
    at = written_time(data.as_of.astimezone(zone), language)
    paper = Paper(title, data.as_of, language)
    paper.write(title, TITLE_POINTS)
    paper.write(sentence("own_data.as_of", language, at=at))
    paper.write(sentence("own_data.pictures", language))
    paper.gap()
    for line in _person(data, language):
        paper.write(line)
    for category in data.categories:
        paper.gap()
        paper.write(f"{category.says} ({category.total})", HEADING_POINTS)
        for line in _lines(category.items, language, zone):
            paper.write(line)
    return paper.printed()


def _person(data: OwnData, language: str) -> Iterator[str]:
    """Who it is, as the registry has it."""
    known: dict[str, str | date | None] = {
        "name": data.particulars.name,
        "number": data.particulars.number,
        "birth_date": data.particulars.birth_date,
        "sex": data.particulars.sex,
        "phone": data.contact.phone,
        "email": data.contact.email,
        "language": data.contact.language,
        "card": data.card.number_masked,
        "state": data.card.state,
        "expires_on": data.card.expires_on,
        "faces_stored": str(data.faces_stored),
    }
    for name, value in known.items():
        if value is not None:
            text = _day(value, language) if isinstance(value, date) else value
            yield _said(name, text, language)


def _lines(items: list[Kept], language: str, zone: ZoneInfo) -> Iterator[str]:
    """A line for each thing that is kept: when, and each fact that there is."""
    if not items:
        yield sentence("own_data.nothing", language)
    for item in items:
        facts = {name: fact for name, fact in item.facts.items() if fact not in (None, [])}
        told = [_said(name, _fact(fact, language, zone), language) for name, fact in facts.items()]
        if item.kept_until is not None:
            until = written_time(item.kept_until.astimezone(zone), language)
            told.append(_said("kept_until", until, language))
        yield f"{written_time(item.at.astimezone(zone), language)} – {'; '.join(told)}"


def _said(name: str, text: str, language: str) -> str:
    return f"{sentence(f'fact.{name}', language)}: {text}"


def _fact(fact: Fact, language: str, zone: ZoneInfo) -> str:
    if isinstance(fact, bool):
        return sentence("own_data.yes" if fact else "own_data.no", language)
    if isinstance(fact, list):
        return ", ".join(fact)
    return _time(str(fact), language, zone)


def _time(text: str, language: str, zone: ZoneInfo) -> str:
    """A fact that is a day or a time, as people write it; any other as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    if at.tzinfo is not None:
        return written_time(at.astimezone(zone), language)
    return _day(at.date(), language) if text == at.date().isoformat() else text


def _day(day: date, language: str) -> str:
    return written_day(day, language)
