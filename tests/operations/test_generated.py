"""The pages written from the code are those in docs/, and hold no secret."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from ecard import generated
from ecard.card_applications.policy import MACHINE as CARD_APPLICATIONS
from ecard.config import Settings
from ecard.errors import all_refusals
from ecard.family.policy import STATES
from ecard.transfers.policy import MACHINE as TRANSFERS


@pytest.mark.parametrize("name", sorted(generated.pages()))
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    kept = generated.DOCS / name
    assert kept.exists(), "run: make docs"
    assert kept.read_text(encoding="utf-8") == generated.pages()[name], "stale; run: make docs"


def test_the_kept_openapi_page_is_what_the_application_serves() -> None:
    kept = generated.DOCS / "openapi.json"
    assert kept.exists(), "run: make openapi"
    assert kept.read_text(encoding="utf-8") == generated.openapi_text(), "stale; run: make openapi"


def test_every_refusal_setting_and_state_has_its_line() -> None:
    pages = generated.pages()
    assert all(f"| `{kind.code}` |" in pages["errors.md"] for kind in all_refusals())
    assert pages["settings.md"].count("\n| `") == len(fields(Settings))
    drawn = (*STATES, *TRANSFERS.states, *CARD_APPLICATIONS.states)
    assert all(f"`{state}`" in pages["states.md"] for state in drawn)


def test_secrets_and_passwords_are_not_shown() -> None:
    settings = replace(
        Settings(var=Path("/srv/var")),
        database_url="postgresql://ecard:hidden-1@db.example/ecard",
        smtp_url="smtps://ecard:hidden-2@mail.example",
        sms_webhook_secret="hidden-3",
    )
    shown = generated.settings_in_force(settings)
    assert "hidden" not in shown
    assert "db.example" in shown
