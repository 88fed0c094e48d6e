"""`make demo` shows every scene against a server that a person started; with two public-domain
portraits, and with pictures of people where ECARD_DATA is there."""

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecard.demo.years.world import IN_MEMORY
from tests.operations.test_run import Running, environment, running

pytestmark = pytest.mark.gate

ROOT = Path(__file__).resolve().parents[2]
DEMO_SECONDS = 420
OF_PEOPLE = os.environ.get("ECARD_DATA", "")
PICTURES = sorted({"", OF_PEOPLE}) if os.environ.get("ECARD_FULL") else [OF_PEOPLE]
"""A small run plays it once: on pictures of people where there are any."""
STANDS_IN = "another adult stands in"
NO_RECOGNITION = "This shows the flow, not recognition"
IN_ORDER = (
    "adds her child of 9",
    "approved, on record, that a minor's case opens",
    "the reviewer decided: approved",
    "the child, live: match",
    "link active; the holder may read, may act",
    "adds his mother of 72",
    "somebody else's passport: evidence_refused",
    "her passport (drawn) is read: TD3",
    "her identity card's back (drawn) is read: TD1",
    "her identity card's front, with her portrait",
    "she read who asks for what, accepted",
    "out of focus: unusable",
    "an impostor: no_match",
    "the mother, live: match",
    "link active; the holder may read, may not act yet",
    "reading only until",
    "Hostile files",
    "documents kept of them: 0",
    "holds a photo of her child of 7 up",
    "→ link in_review; the holder may not read, may not act yet",
    "it opens nothing; a person looks at it",
    "A wrong password locks",
    "the right password now: card_locked",
    "Ten years of a family",
    "Lucía        adds her son of 9",
    "Mateo        before the camera  → match",
    "Andrés       adds Mateo, 9",
    "tells Lucía: other_guardian",
    "Elena        proves by face that she lives",
    "reviewer     accepts the visit: seen_in_person",
    "01 Jan 2030  system       tells Tomás, Elena: certification_due",
    "pays on the last day of grace  → in_grace",
    "24 Jan 2030  registry     does not pay on the day after  → stopped",
    "pays while the appeal is open  → held",
    "accepts the stop_appeal: reason_accepted",
    "tells Tomás, Elena: certification_restored",
    "objects to his link on the daughter  → disputed",
    "the very next request  → 409 link_not_active",
    "without a court order  → 409 court_order_missing",
    "opened by two: order_allows_it  → active; may read, may act",
    "takes consent to her face back",
    "goes on with the camera  → 409 face_declined",
    "destroyed, receipt good",
    "records that Elena died (a mistake)",
    "ends the link  → ended (person_died)",
    "brings the link back as it was  → active; may read, may act",
    "tells Mateo: coming_of_age_relative",
    "14 Oct 2032  Lucía        reads the link on the 16th birthday  → active; may read, may not",
    "takes over what his mother did for him  → ended (taken_over)",
    "confirms his father's link, for his rights alone  → active; may read, may act",
    "proves at the counter, 80, that she lives  → receipt by counter; next due 2035-04-06",
    "ended → active  (death_revoked; system, system)",
    "Tomás and Elena read the same changes: 9 lines",
    "certification.at_counter  (certification; staff, counter)",
    "Tomás and Elena read the same acts: 4",
    "active → ended  (taken_over; holder, app)",
    "Lucía and Mateo read the same acts",
    "Done.",
)
NO_LIFE_SHOWN = ("a photo on a screen: presentation_attack", "life was not shown")
"""Now and then a still shows too little to be called an attack; it is no pass either."""
LEFT_BEHIND, PLACES = "ecard-ten-years-*", (IN_MEMORY, Path(tempfile.gettempdir()))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    folder = tmp_path_factory.mktemp("served")
    with running(folder / "var", folder / "errors.log") as ready:
        yield ready, folder / "var"


def play(server: tuple[Running, Path], **more: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "ecard", "demo"],
        env=environment(server[1], server[0].port, **more),
        capture_output=True,
        text=True,
        timeout=DEMO_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return ran.stdout


def lying_about() -> set[Path]:
    """Data of plays of ten years, where they put it."""
    return {one for place in PLACES for one in place.glob(LEFT_BEHIND)}


def all_scenes(printed: str) -> None:
    at = 0
    for words in IN_ORDER:
        assert words in printed[at:], f"after {at} characters no {words!r} in:\n{printed}"
        at += printed[at:].index(words) + len(words)


@pytest.mark.parametrize("pictures", PICTURES, ids=lambda named: "people" if named else "portraits")
def test_the_demo_shows_every_scene_and_says_what_it_shows(
    server: tuple[Running, Path],
    pictures: str,
    record_property: Callable[[str, object], None],
) -> None:
    before = lying_about()  # of one that was killed, say
    printed = play(server, ECARD_DATA=pictures)
    assert (STANDS_IN if pictures else NO_RECOGNITION) in printed
    assert "The camera is simulated" in printed
    all_scenes(printed)
    assert any(words in printed for words in NO_LIFE_SHOWN)
    assert lying_about() <= before
    (seconds,) = re.findall(r"Ten years in (\d+) seconds", printed)
    record_property("ten years of a family, seconds on the clock", int(seconds))


def test_the_first_steps_by_hand_are_those_that_the_guide_shows(
    server: tuple[Running, Path], tmp_path: Path
) -> None:
    from ecard.demo import specimens

    guide = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    paper, face = tmp_path / "paper.jpg", tmp_path / "face.jpg"
    paper.write_bytes(specimens.paper("birth certificate", ["Specimen"]))
    photo = specimens.open_photo(specimens.public_portraits()[0])
    face.write_bytes(specimens.face_photo(photo))
    ran = subprocess.run(
        [sys.executable, "-c", script, str(paper), str(face)],
        env=environment(server[1], server[0].port),
        capture_output=True,
        text=True,
        timeout=DEMO_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert ran.stdout.splitlines()[-1].startswith("next: ")


def test_without_a_server_the_demo_says_so_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "demo-people.json").write_text("{}", encoding="utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and listens not
        ran = subprocess.run(
            [sys.executable, "-m", "ecard", "demo"],
            env=environment(tmp_path, taken.getsockname()[1]),
            capture_output=True,
            text=True,
            timeout=DEMO_SECONDS,
            check=False,
        )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("No server answers at http://127.0.0.1:")


def test_two_pictures_of_one_s_own_are_compared_and_nothing_else_is_told(tmp_path: Path) -> None:
    from ecard.demo import specimens

    picture = tmp_path / "own.jpg"
    specimens.open_photo(specimens.public_portraits()[0]).save(picture)
    ran = subprocess.run(
        [sys.executable, "-m", "ecard", "demo"],
        env={**os.environ, "PORTRAIT": str(picture), "LIVE": str(picture)},
        capture_output=True,
        text=True,
        timeout=DEMO_SECONDS,
        check=True,
    )
    assert ran.stdout == "match, near enough to be accepted without a person\n"
