"""What both sides of a link can read of it, read by both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ecard.demo.years.world import PLACE, World

A_PAGE = 10
PAGES_SHOWN = 3
Row = Mapping[str, Any]


def print_history(world: World, holder: str, relative: str, link_id: str) -> None:
    """Who moved the link and who did what on it, page by page as the API gives it, and whether the
    other side reads the same; raises WentOtherwise where it does not."""
    world.title(f"What {world.name(holder)} and {world.name(relative)} both read of their link")
    for what, line in (("changes", _change), ("acts", _act)):
        pages = _pages(world, holder, f"/links/{link_id}/{what}")
        theirs = _pages(world, relative, f"/links/{link_id}/{what}")
        world.must(f"both sides read the same {what}", theirs, pages)
        _print(what, pages, line)
        names = f"{world.name(holder)} and {world.name(relative)}"
        print(f"   {names} read the same {what}: {_counted(_rows(pages), 'line')}")
    _print_on_me(world, relative, link_id, _rows(pages))
    _print_files(world, holder, link_id)


def _print_on_me(world: World, relative: str, link_id: str, on_link: list[Row]) -> None:
    """What anybody did with the relative's affairs, on whichever link or on none."""
    found = _rows(_pages(world, relative, "/acts-on-me"))
    own = [row for row in found if row["link_id"] == link_id]
    world.must("on me and on the link", own, on_link)
    rest = [row for row in found if row["link_id"] != link_id]
    print(f"   {world.name(relative)} also reads them among all that anybody did for them;")
    print(f"   on other links or on none: {_counted(rest, 'line')}")
    print("\n".join(_lines(rest[:A_PAGE], _act)))


def _rows(pages: list[list[Row]]) -> list[Row]:
    return [row for page in pages for row in page]


def _counted(what: list[Any], name: str) -> str:
    return f"{len(what)} {name}{'' if len(what) == 1 else 's'}"


def _pages(world: World, ref: str, path: str) -> list[list[Row]]:
    return list(_every_page(world, ref, path))


def _every_page(world: World, ref: str, path: str) -> Iterator[list[Row]]:
    cursor = ""
    while True:
        page = world.phone(ref).must("GET", f"{path}?limit={A_PAGE}{cursor}")
        yield page["items"]
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


def _print(what: str, pages: list[list[Row]], line: Any) -> None:
    for number, page in enumerate(pages[:PAGES_SHOWN], start=1):
        print(f"\n   {what}, page {number} of {len(pages)}, the newest first")
        print("\n".join(_lines(page, line)))
    if len(pages) > PAGES_SHOWN:
        print(f"   … and {_counted(pages[PAGES_SHOWN:], 'page')} more")


def _lines(page: Iterable[Row], line: Any) -> Iterator[str]:
    for row in page:
        at = datetime.fromisoformat(row["at"]).astimezone(PLACE)
        yield f"   {at:%d %b %Y %H:%M}  {line(row)}"


def _change(row: Row) -> str:
    by = f"{row['actor_kind']}, {row['channel']}"
    return f"{row['from_state'] or '(opened)'} → {row['to_state']}  ({row['reason']}; {by})"


def _act(row: Row) -> str:
    who = row["actor"] or row["actor_kind"]
    return f"{row['action']}  ({row['scope']}; {who}, {row['channel']})"


def _print_files(world: World, holder: str, link_id: str) -> None:
    path = f"/links/{link_id}/acts/file?format="
    csv, pdf = (len(world.phone(holder).must("GET", path + form)) for form in ("csv", "pdf"))
    print(f"   all of it as a file: CSV of {csv:,} bytes, PDF of {pdf:,} bytes")
