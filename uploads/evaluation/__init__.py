"""The measuring bench: `python -m uploads.evaluation COMMAND`.

Pushes folders of files through the real intake and reading, and writes what became of them. It
alone knows of `biometrics`, for the portrait; nothing else of `uploads` imports it.
"""
