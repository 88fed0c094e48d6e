"""``/app/`` is the family's app, ``/staff/`` the staff console. Each is one page that always asks
anew, and files that never change.

Every file lies below a name made of all their contents, so that a browser keeps it for good and a
new version never meets a half of the old one. Packed once, in memory; nothing is read or built
while somebody waits.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, request
from werkzeug.http import quote_etag
from werkzeug.wrappers import Response as Answer

from ecard.errors import NotFound

HOME = "/app/"
STAFF_HOME = "/staff/"
TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
    " media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
"""No inline script, no eval, no text turned into a page, nothing from another host."""
ALLOWED = "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"
ALLOWED_STAFF = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_ANEW = "no-cache"
SHELL = "index.html"
STAFF_SHELL = "staff/index.html"
FIRST_MODULES = ("main.js", "pages/sign_in.js")
"""What the first page of most visits needs; the rest is fetched while nobody waits."""
FIRST_STAFF_MODULES = ("staff/main.js",)
IMPORT = re.compile(r'^(?:import|export) .*from "(\.[^"]+)";$', re.MULTILINE)
VERSION_CHARACTERS = 16
DEMO_PEOPLE = "demo-people.json"

web = Blueprint("web", __name__)


@dataclass(frozen=True, slots=True)
class File:
    """One file of the app, as it is and packed."""

    content: bytes
    packed: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Site:
    """All files by their name, and the name of their contents together."""

    version: str
    files: dict[str, File]


@cache
def site() -> Site:
    """Everything below ``ecard/web/app/``, read once."""
    return _put_together(_read(files("ecard.web") / "app", ""))


@cache
def staff_site() -> Site:
    """Everything below ``ecard/web/staff/``, and beside it the app, of which it takes what both
    are made of: as they lie beside each other here."""
    web_files = files("ecard.web")
    folders = [_read(web_files / name, f"{name}/") for name in ("app", "staff")]
    return _put_together(one for folder in folders for one in folder)


def _put_together(read: Iterable[tuple[str, bytes]]) -> Site:
    found = dict(sorted(read))
    whole = hashlib.sha256()
    for name, content in found.items():
        whole.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    version = whole.hexdigest()[:VERSION_CHARACTERS]
    return Site(version, {name: _file(name, content) for name, content in found.items()})


def _read(folder: Traversable, place: str) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _read(one, f"{place}{one.name}/")
        elif one.name.rpartition(".")[2] in TYPES:
            yield place + one.name, one.read_bytes()


def _file(name: str, content: bytes) -> File:
    media_type = TYPES[name.rpartition(".")[2]]
    return File(content, gzip.compress(content, 9, mtime=0), media_type)


@cache
def shell(*, demo: bool) -> File:
    """The one page: where its files are, and whether this is the demo."""
    return _shell(site(), HOME, SHELL, FIRST_MODULES, demo)


@cache
def staff_shell(*, demo: bool) -> File:
    """The one page of the staff console."""
    return _shell(staff_site(), STAFF_HOME, STAFF_SHELL, FIRST_STAFF_MODULES, demo)


def _shell(known: Site, home: str, name: str, first: Iterable[str], demo: bool) -> File:
    preload = "\n".join(
        f'    <link rel="modulepreload" href="{home}{known.version}/{module}">'
        for module in sorted(_imported(known, first))
    )
    text = known.files[name].content.decode()
    for mark, value in (
        ("{place}", f"{home}{known.version}"),
        ("{profile}", "demo" if demo else "production"),
        ("    {modules}", preload),
    ):
        text = text.replace(mark, value)
    return _file(name, text.encode())


def _imported(known: Site, names: Iterable[str]) -> set[str]:
    """Modules with all that they import at once, and what those do; not what comes later."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        imported = IMPORT.findall(known.files[name].content.decode())
        there = {posixpath.normpath(posixpath.join(posixpath.dirname(name), at)) for at in imported}
        waiting += there - found
    return found


@web.get("/app")
def arrive() -> Answer:
    """The address without its slash."""
    return redirect(HOME, HTTPStatus.PERMANENT_REDIRECT)


@web.get("/invitation")
@web.get("/not-me")
@web.get("/of-age")
@web.get("/other-guardians")
def sent() -> Answer:
    """An address out of a message; a token stands after #, which a browser keeps to itself."""
    return redirect(f"{HOME}?{request.path.removeprefix('/')}")


@web.get(HOME)
def show() -> Response:
    """The page of the app."""
    return _page(shell(demo=_settings().demo), ALLOWED)


@web.get("/staff")
def arrive_as_staff() -> Answer:
    """The address of the console without its slash."""
    return redirect(STAFF_HOME, HTTPStatus.PERMANENT_REDIRECT)


@web.get(STAFF_HOME)
def show_staff() -> Response:
    """The page of the staff console."""
    return _page(staff_shell(demo=_settings().demo), ALLOWED_STAFF)


def _page(page: File, allowed: str) -> Response:
    response = _answer(page, ASK_ANEW)
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    response.headers["Permissions-Policy"] = allowed
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


@web.get("/app/<string:version>/<path:name>")
def asset(version: str, name: str) -> Response:
    """A file of this version; one of another version is gone, with the page that named it."""
    return _asset(site(), version, name)


@web.get("/staff/<string:version>/<path:name>")
def staff_asset(version: str, name: str) -> Response:
    """A file of this version of the staff console."""
    return _asset(staff_site(), version, name)


def _asset(known: Site, version: str, name: str) -> Response:
    if version != known.version or name not in known.files or name.endswith(SHELL):
        raise NotFound
    return _answer(known.files[name], FOR_GOOD)


@web.get("/app/demo-people")
def demo_people() -> Response:
    """Who can sign in to the demo, and whom they can add; as it is printed at the start."""
    written = _settings().var / DEMO_PEOPLE
    if not _settings().demo or not written.is_file():
        raise NotFound
    people = json.loads(written.read_text(encoding="utf-8"))
    shown = {ref: one for ref, one in people["holders"].items() if one["shown"]}
    kin = [one for one in people["relatives"].values() if one["holder_ref"] in shown]
    return jsonify(holders=list(shown.values()), relatives=kin)


def _settings() -> Any:
    return current_app.extensions["ecard"].settings


def _answer(file: File, kept: str) -> Response:
    packs = request.accept_encodings["gzip"] > 0 and len(file.packed) < len(file.content)
    response = Response(file.packed if packs else file.content, content_type=file.media_type)
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = kept
    response.set_etag(quote_etag(hashlib.sha256(file.content).hexdigest()[:32]).strip('"'))
    return response.make_conditional(request)  # type: ignore[return-value]
