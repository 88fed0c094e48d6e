"""The notices in force, to be shown before step 2 and before a camera opens."""

from __future__ import annotations

from ecard.api import Room
from ecard.errors import NotFound
from ecard.notices import service
from ecard.notices.schemas import NoticeSchema
from ecard.request import current_call

notices = Room("notices", __name__, url_prefix="/notices", description="Texts to be read")


@notices.route("/<string:kind>", methods=["GET"])
@notices.doc(operationId="getNotice")
@notices.refuses(NotFound)
@notices.response(200, NoticeSchema)
def get_notice(kind: str) -> service.Notice:
    """The notice in force in the holder's region, by its kind: `family_services`,
    `face_processing` or `face_certification`"""
    return service.shown(current_call(), kind)
