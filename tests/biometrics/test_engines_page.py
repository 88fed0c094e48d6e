"""docs/engines.md says what the last full run of the speed gates wrote down."""

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
ROWS = {
    "whole decision, against face_recognition as it comes": "decision, times faster",
    "whole decision, against its cnn detector": "decision_same_networks, times faster",
    "detector": "detector, times faster",
    "embedding, one chip": "embedding, times faster",
    "embedding, 8 chips": "embedding_batch8, times faster",
    "ready after": "ready after seconds",
    "first decision": "first decision, seconds",
    "memory of a worker, one thread": "test_the_speed_targets_hold: peak memory MB",
    "memory of a worker, eight threads": "second_core_is_of_use: peak memory MB",
    "memory drift, eight threads, 600 s": "memory drift MB",
    "throughput of eight threads against one": "throughput of 8 threads against 1",
    "the same, of what two processes reach (1.98)": "8 threads against 2 processes",
}
"""Lines of the page, and what the figure is called that the gates write down."""


def cells(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]


def test_the_page_says_what_the_speed_gates_wrote_down():
    measured = {f"{row[0]}: {row[1]}": row[2] for row in cells(DOCS / "measured/faces_speed.md")}
    said = {row[0]: row[1].split(" ")[0] for row in cells(DOCS / "engines.md") if len(row) > 1}
    for shown, figure in ROWS.items():
        (value,) = [value for name, value in measured.items() if name.endswith(figure)]
        assert said[shown] == value, shown
    (processes,) = [v for name, v in measured.items() if name.endswith("2 processes against 1")]
    assert any(f"({processes})" in row for row in said)
