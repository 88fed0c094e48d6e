"""What a page says, from its lines: zone, card, barcodes, hints. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from uploads.documents.hints import Hint, hints
from uploads.documents.mrz import is_spanish_number
from uploads.documents.pages import Barcode, PageText
from uploads.documents.templates import card_formats, read_card
from uploads.documents.types import DocumentFormat, Field, FieldName, Zone
from uploads.documents.zones import find_zones


@dataclass(frozen=True, slots=True)
class Reading:
    """What one page says. `format`: None where it is nothing that is read here. `turned`: degrees
    clockwise that the page has to be turned. `text`: every line, for a person's eyes only.
    `several`: there is another document, or the other side, on the same page."""

    format: DocumentFormat | None
    turned: int
    fields: tuple[Field, ...]
    hints: tuple[Hint, ...]
    zone: Zone | None = None
    barcodes: tuple[Barcode, ...] = ()
    text: tuple[str, ...] = field(default=(), repr=False)
    several: bool = False

    def field(self, name: FieldName) -> Field | None:
        """The field of that name; None where there is none."""
        return next((one for one in self.fields if one.name is name), None)


def read_page(page: PageText, today: date) -> Reading:
    """The zone where there is one, else the card whose template fits."""
    blank = Reading(
        format=None,
        turned=page.turned,
        fields=(),
        hints=hints(page.measures, len(page.lines)),
        barcodes=page.barcodes,
        text=tuple(line.text for line in page.lines),
    )
    zones = find_zones(page, today)
    cards = card_formats(page)
    if zones and _is_one(zones[0]):
        zone, *others = zones
        side = bool(cards) and zone.format in (DocumentFormat.TD1, DocumentFormat.TD2)
        several = side or any(_is_another(zone, one) for one in others)
        fields = _with_person(zone)
        return replace(blank, format=zone.format, fields=fields, zone=zone, several=several)
    card = read_card(page)
    if card is None:
        return blank
    return replace(blank, format=card[0], fields=card[1], several=len(cards) > 1)


def _is_another(zone: Zone, other: Zone) -> bool:
    """Whether the other is a document of its own: the same lines may pass for two formats."""
    return other.agrees and _number(other) != _number(zone)


def _number(zone: Zone) -> str:
    names = (one.value for one in zone.fields if one.name is FieldName.DOCUMENT_NUMBER)
    return next(names, "")


CLEARLY_READ = 0.8
"""From here on lines of a zone's shape are one, though every check digit is wrong, as on some
specimens: its fields are unread, and a person sees why."""


def _is_one(zone: Zone) -> bool:
    return zone.confidence >= CLEARLY_READ or any(check.speaks for check in zone.checks)


def _with_person(zone: Zone) -> tuple[Field, ...]:
    """Spanish cards carry the person's number, which has a check letter, in the optional data."""
    held = next((one for one in zone.fields if one.name is FieldName.OPTIONAL_1), None)
    if held is None or not is_spanish_number(zone.lines[0], held.value):
        return zone.fields
    return (*zone.fields, replace(held, name=FieldName.PERSONAL_NUMBER))
