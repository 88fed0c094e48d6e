"""The first start of docs/deploy.md, in its order: from nothing to a holder who is signed in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ecard.app import create_app
from ecard.commands import Stop, main, prepare
from ecard.config import read_settings
from ecard.demo.in_process import AppTransport
from ecard.demo.phone import Phone
from ecard.jobs import work
from ecard.joined import Joined, join
from ecard.worker import Worker
from tests.messages.servers import Post, mail_server
from tests.operations import production
from tests.operations.conftest import new_database
from tests.support import digits_of, verifier

PASSWORD = "lantern river walnut nine"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"


class Operator:
    """Somebody at a terminal of the machine."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.given: list[str] = []

    def run(self, *arguments: str, typed: str = "") -> str:
        result: Result = CliRunner().invoke(main, arguments, env=self.environment, input=typed)
        assert result.exit_code == 0, result.output + str(result.exception)
        self.given.append(arguments[0])
        return result.output

    def refused(self, *arguments: str) -> str:
        result: Result = CliRunner().invoke(main, arguments, env=self.environment)
        assert result.exit_code != 0
        return result.output


@pytest.fixture
def post() -> Post:
    return Post(offers_tls=False)


@pytest.fixture
def operator(tmp_path: Path, post: Post, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    for name in ("DATABASE_URL", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)
    with mail_server(post) as port, new_database(tmp_path / "database") as address:
        yield Operator(production.environment(tmp_path, port, ECARD_DATABASE_URL=address))


@contextmanager
def serving(operator: Operator) -> Iterator[Joined]:
    settings = read_settings(operator.environment)
    prepare(settings)
    process = join(settings, verifier=verifier)
    yield process
    process.db.close()


@pytest.mark.gate
def test_production_starts_from_nothing_and_a_holder_signs_in(
    operator: Operator, post: Post, tmp_path: Path
) -> None:
    with pytest.raises(Stop, match="init-keys"):
        prepare(read_settings(operator.environment))
    operator.run("init-keys")
    with pytest.raises(Stop, match="python -m ecard migrate"):
        prepare(read_settings(operator.environment))
    operator.run("migrate")
    told = operator.run("load-administration", str(production.administration(tmp_path)))
    assert "Still wanting: clerk has no password" in told
    told = operator.run("load-registry", str(production.registry(tmp_path)))
    assert "1 persons, 1 cards" in told
    told = operator.run("set-staff-password", "clerk", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert PASSWORD not in told
    assert "is published" in operator.run("rotate-qr-keys")
    operator.run("anchor")
    assert "unbroken" in operator.run("audit-verify")
    with serving(operator) as process:
        transport = AppTransport(create_app(process))
        holder, desk = Phone(transport), Phone(transport)
        sign_in_id = holder.ask_code(production.CARD)
        Worker(process.call(), work()).drain()
        holder.sign_in(sign_in_id, digits_of(post.mails[0].partition("\n\n")[2] or post.mails[0]))
        assert holder.must("GET", "/links")["items"] == []
        assert holder.must("GET", "/policy")["region"] == "east"
        desk.sign_in_as_staff("clerk", PASSWORD)
        assert desk.must("GET", "/staff/me")["counter"] == "east-1"
        assert holder.send("GET", "/demo/mailbox?address=x").status == 404
    told_in_guide = re.findall(r"python -m ecard ([a-z-]+)", GUIDE.read_text(encoding="utf-8"))
    order = [one for one in dict.fromkeys(told_in_guide) if one in operator.given]
    assert order == [one for one in operator.given if one in order]


def test_files_before_tables_are_refused_in_one_line(operator: Operator, tmp_path: Path) -> None:
    operator.run("init-keys")
    told = operator.refused("load-registry", str(production.registry(tmp_path)))
    assert told == "The database is not up to date. Run: python -m ecard migrate\n"


@pytest.mark.gate
def test_a_load_that_is_refused_names_what_is_wrong(operator: Operator, tmp_path: Path) -> None:
    operator.run("init-keys")
    operator.run("migrate")
    folder = production.administration(tmp_path)
    regions = folder / "regions.csv"
    regions.write_text(regions.read_text().replace("Asia/Shanghai", "Moon", 1))
    told = operator.refused("load-administration", str(folder)).splitlines()
    assert told == [
        "Nothing was loaded:",
        "regions.csv line 2: time_zone: must be a name such as Asia/Shanghai",
    ]
