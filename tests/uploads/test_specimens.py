"""How the bench compares what was read with what is printed."""

from typing import Any

from uploads.evaluation.specimens import Specimen, compared, digest, known_specimens, totals

LINES = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6"]
PRINTED = Specimen(digest("\n".join(LINES).encode()), portrait=True)
CONFIRMED = [{"name": "birth_date", "status": "confirmed"}]


def page(lines: list[str], turned: int | None = 0) -> dict[str, Any]:
    portrait = None if turned is None else {"turned": turned}
    return {"mrz": lines, "fields": CONFIRMED if lines else [], "portrait": portrait}


def test_a_zone_counts_only_as_it_is_printed_and_a_portrait_only_upright() -> None:
    wrong = [LINES[0].replace("D", "0"), LINES[1]]
    told = [compared(PRINTED, page(*one)) for one in [(LINES,), (wrong, 180), ([], None)]]
    told.append(compared(PRINTED, None))  # refused
    assert totals(told) == {
        "known_zones": 4,
        "known_zones_read": 1,
        "wrong_but_confirmed": 1,
        "known_portraits": 4,
        "known_portraits_upright": 1,
        "portraits_where_none_is": 0,
    }


def test_a_face_or_a_zone_where_there_is_none_is_counted() -> None:
    told = compared(Specimen("", portrait=False), page(LINES))
    assert told == {"wrong": True, "no_portrait": False}


def test_the_kept_list_holds_nothing_but_hashes() -> None:
    found = known_specimens()
    assert all(len(file) == 64 and len(one.zone) in (0, 64) for file, one in found.items())
    assert totals([compared(one, None) for one in found.values()])["known_zones"] == 36
