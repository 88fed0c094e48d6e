"""Judges faces: image bytes in, frozen results out.

Knows no web framework, no database and no network, and does no work at import. Callers import
`biometrics.verifier`, `biometrics.types` and `biometrics.errors`, nothing else.
"""
