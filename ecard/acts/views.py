"""The history that both sides of a link read."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from ecard.acts import export, service
from ecard.acts.schemas import ActSchema, ActsFileSchema, ActsPageSchema
from ecard.api import BINARY, Room, page_of
from ecard.errors import InvalidInput, NotFound
from ecard.request import current_call

link_acts = Room("link_acts", __name__, url_prefix="/links", description="What was done on a link")
acts_on_me = Room("acts_on_me", __name__, url_prefix="/acts-on-me", description="Done for me")


@link_acts.route("/<uuid:link_id>/acts", methods=["GET"])
@link_acts.doc(operationId="listLinkActs")
@link_acts.refuses(NotFound, InvalidInput)
@link_acts.arguments(ActsPageSchema, location="query")
@link_acts.response(200, page_of(ActSchema))
def list_link_acts(page: dict[str, Any], link_id: uuid.UUID) -> Any:
    """Who did what for whom on a link, newest first; holder and relative read the same."""
    return service.list_on_link(current_call(), link_id, **page)


@link_acts.route("/<uuid:link_id>/acts/file", methods=["GET"])
@link_acts.doc(operationId="getLinkActsFile")
@link_acts.refuses(NotFound, InvalidInput)
@link_acts.arguments(ActsFileSchema, location="query")
@link_acts.response(200, BINARY, content_type="*/*")
def get_link_acts_file(query: dict[str, str], link_id: uuid.UUID) -> Response:
    """The whole history of a link as CSV or PDF, in the caller's language."""
    return _handed_out(export.of_link(current_call(), link_id, query["format"]))


@acts_on_me.route("/file", methods=["GET"])
@acts_on_me.doc(operationId="getActsOnMeFile")
@acts_on_me.refuses(InvalidInput)
@acts_on_me.arguments(ActsFileSchema, location="query")
@acts_on_me.response(200, BINARY, content_type="*/*")
def get_acts_on_me_file(query: dict[str, str]) -> Response:
    """All that anybody did with the signed-in person's affairs, as CSV or PDF."""
    return _handed_out(export.of_me(current_call(), query["format"]))


def _handed_out(file: export.HistoryFile) -> Response:
    response = Response(file.content, mimetype=file.media_type)
    ending = file.media_type.rsplit("/", 1)[1]
    response.headers["Content-Disposition"] = f'attachment; filename="history.{ending}"'
    return response


@acts_on_me.route("", methods=["GET"])
@acts_on_me.doc(operationId="listActsOnMe")
@acts_on_me.refuses(InvalidInput)
@acts_on_me.arguments(ActsPageSchema, location="query")
@acts_on_me.response(200, page_of(ActSchema))
def list_acts_on_me(page: dict[str, Any]) -> Any:
    """What anybody did with the signed-in person's affairs, on whichever link."""
    return service.list_on_me(current_call(), **page)
