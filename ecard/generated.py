"""Pages that are written from the code, so that they cannot say anything else than the code does.

``python -m ecard docs`` writes them; a test fails when one is stale.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from ecard.config import Settings, environment_name
from ecard.machines import Machine

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Written by `make docs` from the code. Do not edit. -->"
SECRET_SETTINGS = frozenset({"sms_webhook_secret"})
ADDRESSES = frozenset({"database_url", "smtp_url"})
"""Settings whose addresses may carry a password."""


def write_pages() -> list[Path]:
    """Write every generated page; returns the files."""
    DOCS.mkdir(exist_ok=True)
    written = []
    for name, text in pages().items():
        path = DOCS / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def write_openapi() -> Path:
    """Write docs/openapi.json as the application itself serves it."""
    DOCS.mkdir(exist_ok=True)
    path = DOCS / "openapi.json"
    path.write_text(openapi_text(), encoding="utf-8")
    return path


def pages() -> dict[str, str]:
    """File name → text of every generated page but the OpenAPI one."""
    return {
        "settings.md": "\n".join(_settings_page()) + "\n",
        "errors.md": "\n".join(_errors_page()) + "\n",
        "states.md": "\n".join(_states_page()) + "\n",
    }


def openapi_text() -> str:
    """The OpenAPI page of the production profile (the demo's mailbox is not part of the API)."""
    from ecard.app import create_app
    from ecard.joined import join
    from ecard.vault import create_keys

    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        create_keys(var / "keys")
        joined = join(Settings(var=var, profile="production"))
        answer = create_app(joined).test_client().get("/api/openapi.json")
        joined.db.close()
    return json.dumps(json.loads(answer.data), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


# ------------------------------------------------------------------ settings


def _settings_page() -> Iterator[str]:
    yield "# Settings"
    yield NOTE
    yield ""
    yield "Read once, at start, from the environment. A name that is empty counts as not set; a"
    yield "value that is wrong or unsafe ends the process with status 2. Rules that differ between"
    yield "regions or over time are in the regional policy instead (`ecard/policy/policy.py`)."
    yield "`DATABASE_URL` is read where `ECARD_DATABASE_URL` is not set."
    yield ""
    yield "| name | default | what it is |"
    yield "|---|---|---|"
    for item in fields(Settings):
        yield f"| `{environment_name(item.name)}` | {_default(item)} | {item.metadata['doc']} |"


def _default(item: Field[Any]) -> str:
    if item.default is MISSING:
        return "`var` in the current folder"
    return "–" if item.default in ("", None) else f"`{item.default}`"


def settings_in_force(settings: Settings) -> str:
    """Every setting with the value in force; secrets and passwords are not shown."""
    lines = []
    for item in fields(Settings):
        value = _shown(item.name, getattr(settings, item.name))
        lines.append(f"{environment_name(item.name):34} {value:24} {item.metadata['doc']}")
    return "\n".join(lines)


def _shown(name: str, value: object) -> str:
    if not value and value != 0:
        return "-"
    if name in SECRET_SETTINGS:
        return "(set)"
    if name in ADDRESSES:
        return _without_password(str(value))
    return str(value)


def _without_password(address: str) -> str:
    if "@" not in address:
        return address
    scheme, _, rest = address.partition("://")
    return f"{scheme}://***@{rest.rpartition('@')[2]}"


# ------------------------------------------------------------------ refusals


def _errors_page() -> Iterator[str]:
    from ecard import app
    from ecard.errors import all_refusals
    from ecard.locale import catalogue

    yield "# Refusals"
    yield NOTE
    yield ""
    yield "Every error is problem details (RFC 9457, `application/problem+json`). `code` is stable;"
    yield "`detail` is the sentence below in the caller's language (`Accept-Language`: en, es,"
    yield "zh-Hans), with the numbers of `params` put in; `next` names the step that leads on."
    yield f"Declared by {len(app.ROOMS)} rooms and what they share."
    yield ""
    yield "| code | status | next | when | what people read |"
    yield "|---|---|---|---|---|"
    for kind in all_refusals():
        when = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
        text = catalogue()[kind.code]["en"]
        yield f"| `{kind.code}` | {kind.status} | {_code(kind.next)} | {when} | {text} |"


def _code(name: str | None) -> str:
    return f"`{name}`" if name else ""


# ------------------------------------------------------------------ states


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in sorted(codes))


def _states_page() -> Iterator[str]:
    from ecard.card_applications import policy as card_applications
    from ecard.transfers import policy as transfers

    yield from _link_page()
    yield from _machine_page("States of a transfer", transfers.MACHINE, "transfer_illegal_move")
    title, machine = "States of an application for a card", card_applications.MACHINE
    yield from _machine_page(title, machine, "card_application_illegal_move")


def _link_page() -> Iterator[str]:
    from ecard.family import policy

    yield "# States of a link"
    yield NOTE
    yield ""
    yield "Every move carries actor, channel and a reason code and is written to the audit; a move"
    yield "that is not in this table is refused with `illegal_move` (409)."
    yield ""
    yield "| from | to |"
    yield "|---|---|"
    for state, following in policy.MOVES.items():
        names = ", ".join(f"`{name}`" for name in policy.STATES if name in following)
        yield f"| {_code(state) or '(opened)'} | {names or 'final'} |"
    yield ""
    yield "Some moves are legal for some reasons alone:"
    yield ""
    yield "| from | to | only for |"
    yield "|---|---|---|"
    for (from_state, to_state), reasons in policy.ONLY_FOR.items():
        yield f"| `{from_state}` | `{to_state}` | {_listed(reasons)} |"
    yield ""
    yield "Time alone makes these moves, at the read and by a sweep, each of them enough by itself;"
    yield "what time has ended is moved nowhere else:"
    yield ""
    yield "| from | to | reason | when |"
    yield "|---|---|---|---|"
    for states, to_state, reason, term in policy.MADE_BY_TIME:
        names = ", ".join(f"`{name}`" for name in policy.STATES if name in states)
        yield f"| {names} | `{to_state}` | `{reason}` | `{term}` |"
    yield from _link_history()


def _link_history() -> Iterator[str]:
    from ecard.family import policy

    yield ""
    yield "What both sides read in the history beside the moves; the link stays in its state:"
    yield ""
    yield "| reason | in |"
    yield "|---|---|"
    for reason, within in policy.STAYS.items():
        yield f"| `{reason}` | {_listed(within)} |"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state, following in policy.MOVES.items():
        for name in (name for name in policy.STATES if name in following):
            yield f"    {state or '[*]'} --> {name}"
    yield "```"
    yield ""
    yield f"Reasons: {_listed(policy.REASONS)}."


def _machine_page(title: str, machine: Machine, refused: str) -> Iterator[str]:
    yield ""
    yield f"# {title}"
    yield ""
    yield f"What is not in this table is refused with `{refused}` (409)."
    yield ""
    yield "| from | to | by | reasons |"
    yield "|---|---|---|---|"
    for move in machine.moves:
        reasons = _listed(move.reasons)
        start = _code(move.from_state) or "(opened)"
        yield f"| {start} | `{move.to_state}` | {move.actor.replace('_', ' ')} | {reasons} |"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in (None, *machine.states):
        for name in machine.following(state):
            yield f"    {state or '[*]'} --> {name}"
    yield "```"
