"""A reference verifier for terminals without a network: ``python -m ecard.verifier``.

It needs Python, cbor2 and cryptography, and of this project only the token's own format
(``ecard/qr/tokens.py``). What it cannot know is written down in docs/qr.md.
"""
