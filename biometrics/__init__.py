"""Judges faces: image bytes in, frozen results out.

Knows no web framework and no database, reaches for the network only in the command that installs
model packs (models.py), and does no work at import. Callers import
`biometrics.verifier`, `biometrics.types` and `biometrics.errors`, nothing else.
"""

import os

# The wheel of ONNX Runtime reports its use to its makers, through a file that it opens in the home
# directory as it is imported, unless this is set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
