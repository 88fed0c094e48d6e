"""The measuring bench: `python -m biometrics.evaluation COMMAND`.

Reads pictures of real people where they lie, and writes error rates with their intervals. Nothing
else of `biometrics` imports it.
"""
