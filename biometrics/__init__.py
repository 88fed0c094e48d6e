"""Judges faces: image bytes in, frozen results out.

Knows no web framework and no database, reaches for the network only in the command that installs
model packs (models.py), and does no work at import. Callers import
`biometrics.verifier`, `biometrics.types` and `biometrics.errors`, nothing else.
"""
