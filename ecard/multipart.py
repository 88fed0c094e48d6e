"""What multipart forms look like to the API: file parts, declared so that OpenAPI shows them.

Ids travel in the path: a form field next to files would silently drop the files from the
generated page (flask-smorest documents one body location per operation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import marshmallow as ma
from flask import request
from flask_smorest.fields import Upload

from ecard.api import Schema
from ecard.request import current_call

FORM_OVERHEAD_BYTES = 64 * 1024
"""What a form's boundaries and headers may add to its files."""


class FramesSchema(Schema):
    """JPEG frames of one capture, as parts named ``frames``. Use with ``location="files"``."""

    frames = ma.fields.List(
        Upload(),
        required=True,
        metadata={"description": "3 to 40 JPEG pictures in the order taken, as parts of one name"},
    )

    @ma.pre_load
    def _none_is_an_empty_list(self, data: Any, **_: Any) -> Mapping[str, Any]:
        # so that an empty capture is refused by its own code and not as a missing field
        return {**data, "frames": data.getlist("frames")}


def body_up_to(setting: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Cap this operation's body by a setting of its own, before any byte of it is read."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            cap = getattr(current_call().settings, setting) + FORM_OVERHEAD_BYTES
            request.max_content_length = cap
            return view(*args, **kwargs)

        return wrapper

    return decorate
