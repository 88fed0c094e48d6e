"""Logs are JSON lines, and nothing of a person gets into one."""

import io
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask import Flask

from ecard import logs

PERSONAL = [
    "ana@example.org",
    "+34 600 123 456",
    "600123456",
    "11010519491231002X",
    "281234567840",
    "12345678Z",
    "6217 0000 0000 0000 123",
    "born 1954-03-12",
    "eh_0123456789abcdefghijklmnop",
    "rc_0123456789abcdefghijklmnop",
    "ec_" + "A" * 43,
    "QUJD" * 60,
    "María",
    "王秀英",
    "key is (281234567840)",
    "192.168.17.204",
]
HARMLESS = [
    "link_not_found",
    str(uuid.uuid4()),
    uuid.uuid4().hex,
    "2026-11-22T12:38:48.123456+00:00",
    "/api/v1/links/<uuid:link_id>",
    "service.py:123 open_link",
    "worker 4711 was told to stop",
]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged while the test runs; everything is put back as it was."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level, ours = root.handlers[:], root.level, logging.getLogger("ecard").level
    logs.configure(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("ecard").setLevel(ours)
    structlog.reset_defaults()


def parsed(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize("value", PERSONAL, ids=range(len(PERSONAL)))
def test_what_looks_like_a_person_is_withheld_and_counted(lines: io.StringIO, value: str) -> None:
    before = logs.withheld.count
    structlog.get_logger("ecard.test").info("done", note=value, deep={"list": [value]})
    (line,) = parsed(lines)
    assert line["note"] == logs.WITHHELD
    assert line["deep"] == {"list": [logs.WITHHELD]}
    assert line["withheld"] == 2
    assert logs.withheld.count == before + 2
    assert value not in lines.getvalue()


@pytest.mark.parametrize("value", HARMLESS, ids=range(len(HARMLESS)))
def test_ids_codes_times_and_places_are_kept(lines: io.StringIO, value: str) -> None:
    structlog.get_logger("ecard.test").info("done", note=value)
    (line,) = parsed(lines)
    assert line["note"] == value
    assert "withheld" not in line


def test_a_person_in_the_event_or_in_a_name_is_withheld(lines: io.StringIO) -> None:
    structlog.get_logger("ecard.test").warning("no card 281234567840", **{"600123456": 1})
    assert "281234567840" not in lines.getvalue()
    assert parsed(lines)[0]["event"] == logs.WITHHELD


def test_long_numbers_and_bytes_are_withheld_measures_are_kept(lines: io.StringIO) -> None:
    structlog.get_logger("ecard.test").info("done", card=281234567840, blob=b"x", size=12_582_912)
    (line,) = parsed(lines)
    assert (line["card"], line["blob"]) == (logs.WITHHELD, logs.WITHHELD)
    assert line["size"] == 12_582_912


def fail_with(value: str) -> None:
    raise ValueError(f"no such person: {value}")


def test_an_exception_is_named_by_type_and_place_without_its_message(lines: io.StringIO) -> None:
    try:
        fail_with("Ana Garcia")
    except ValueError:
        structlog.get_logger("ecard.test").exception("fault")
    (line,) = parsed(lines)
    assert line["error"] == "ValueError"
    assert line["where"][-1].endswith("fail_with")
    assert "Ana" not in lines.getvalue()


def test_a_library_s_log_line_goes_through_the_same_door(lines: io.StringIO) -> None:
    library = logging.getLogger("sqlalchemy.pool")
    try:
        fail_with("Ana Garcia")
    except ValueError:
        library.exception("lost connection of %s", "ana@example.org")
    (line,) = parsed(lines)
    assert line["event"] == logs.WITHHELD
    assert line["error"] == "ValueError"
    assert "Ana" not in lines.getvalue()


def test_a_request_is_logged_by_its_route_and_nothing_of_its_address(lines: io.StringIO) -> None:
    app = Flask("test")
    logs.log_requests(app)

    @app.route("/people/<number>")
    def show(number: str) -> str:
        return number

    client = app.test_client()
    assert client.get("/people/281234567840?name=Ana").status_code == 200
    assert client.get("/nowhere/281234567840?name=Ana").status_code == 404
    first, second = parsed(lines)
    assert (first["route"], first["method"], first["status"]) == ("/people/<number>", "GET", 200)
    assert isinstance(first["ms"], float)
    assert second["route"] == "unmatched"
    assert "2812345" not in lines.getvalue()
    assert "Ana" not in lines.getvalue()
