"""The measuring bench of uploads: `python -m uploads.evaluation COMMAND …`."""
