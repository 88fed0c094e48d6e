"""No library tells its makers anything about those who are served here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
JUDGE = "from biometrics.verifier import FaceVerifier; FaceVerifier.load()"


@pytest.mark.gate
def test_loading_the_networks_writes_nothing_into_the_home_directory(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment = {**kept, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", JUDGE], cwd=ROOT, env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
