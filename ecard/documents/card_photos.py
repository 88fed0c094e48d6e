"""A face photo that was uploaded and becomes the photo of a card: checked, then given away."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from biometrics.errors import BiometricsError
from ecard import audit, files
from ecard.call import Call
from ecard.captures import place
from ecard.documents import marks, tried
from ecard.documents.policy import DocumentKind
from ecard.documents.references import check_face_photo
from ecard.documents.uploading import own_unclaimed, pages_of
from ecard.errors import NotFound, Unavailable

PURPOSE = "card_photo"


def refuse_unfit_photo(call: Call, document_id: uuid.UUID) -> None:
    """Raise where an unclaimed face photo of the caller's shows no face that a card could bear.

    No session may be open. Raises NotFound (not theirs, not there, or no face photo),
    FacePhotoUnusable with a reason that a person can act on, PictureTriedBefore, Busy, Unavailable.
    """
    tried.refuse_known(call, [document_id])
    with call.db.read() as session:
        (document,) = own_unclaimed(session, call, [document_id], lock=False)
        if document.kind != DocumentKind.FACE_PHOTO:
            raise NotFound
        photo = files.read(session, call, pages_of(session, document_id)[0].file_id)
    with place(call.dependencies.judging, call.settings.judging_wait_seconds):
        try:
            check_face_photo(call.dependencies.verifier(), document_id, photo)
        except tried.OF_THE_FACE as refusal:
            tried.note_unusable(call, [document_id], refusal)
            raise
        except BiometricsError as error:
            raise Unavailable from error


def give_photo(
    session: Session, call: Call, document_id: uuid.UUID, owner_id: uuid.UUID
) -> uuid.UUID:
    """Take a photo out of the caller's documents and put it under the key of whom it shows.

    Returns its file, which from then on is the taker's to destroy. Raises NotFound. Not committed.
    """
    (document,) = own_unclaimed(session, call, [document_id], lock=True)
    file_id = pages_of(session, document_id)[0].file_id
    document.removed_at = call.now
    marks.forget(session, [document_id])
    files.hand_over(session, call, file_id, owner_id, purpose=PURPOSE)
    files.keep_until(session, file_id, None)
    audit.record(session, call, "document.given_away", "document", document_id, reason=PURPOSE)
    return file_id
