"""What the outbox does: which kind of job goes to which handler, and the periodic sweeps.

Joined here, like the rooms in ``app.py``: features enqueue by kind and never know who does it.
"""

from __future__ import annotations

from datetime import timedelta

from ecard import challenges, files, idempotency, limits, prints, worker
from ecard.accounts import service as accounts
from ecard.agencies import service as agencies
from ecard.call import Call
from ecard.card_applications import service as card_applications
from ecard.cards import service as cards
from ecard.certification import service as certification
from ecard.documents import service as documents
from ecard.family import service as family
from ecard.messages import service as messages
from ecard.own_data import service as own_data
from ecard.qr import service as qr
from ecard.review import service as review
from ecard.transfers import service as transfers
from ecard.worker import Handler, Sweep, Work

MINUTES = 60
HOURS = 3600


def work() -> Work:
    """Every handler and every sweep."""
    return Work(handlers=HANDLERS, sweeps=SWEEPS)


def forget_tries(call: Call) -> int:
    """Delete counted tries that no limit looks at any more."""
    with call.db.write() as session:
        count = limits.sweep(session, call.now - timedelta(days=call.settings.tries_kept_days))
        session.commit()
    return count


HANDLERS: dict[str, Handler] = {
    **messages.JOBS,
    "link_reminder": family.remind,
    "coming_of_age": family.tell_coming_of_age,
    "last_day": family.tell_last_day,
    "look_for_deaths": family.look_for_deaths,
    **accounts.JOBS,
    **certification.JOBS,
    **own_data.JOBS,
    **agencies.JOBS,
    **transfers.JOBS,
    **qr.JOBS,
}
SWEEPS = (
    Sweep("lapsed_applications", 5 * MINUTES, family.sweep),
    Sweep("unused_links", HOURS, family.warn_unused),
    Sweep("deaths", 6 * HOURS, family.look_for_deaths),
    Sweep("typed_particulars", HOURS, family.forget_typed),
    Sweep("not_me_addresses", HOURS, family.forget_not_me),
    Sweep("review_files", 5 * MINUTES, review.sweep),
    Sweep("documents", 15 * MINUTES, documents.sweep),
    Sweep("stored_files", 15 * MINUTES, files.sweep),
    Sweep("face_erasures", 15 * MINUTES, own_data.sweep),
    Sweep("step_ups", HOURS, cards.sweep),
    Sweep("qr_codes", HOURS, qr.sweep),
    Sweep("sign_ins", HOURS, accounts.sweep),
    Sweep("proofs_of_life", HOURS, certification.sweep),
    Sweep("transfers", HOURS, transfers.sweep),
    Sweep("card_applications", HOURS, card_applications.sweep),
    Sweep("messages", HOURS, messages.sweep),
    Sweep("staff_sign_ins", HOURS, agencies.sweep),
    Sweep("idempotency_keys", HOURS, idempotency.sweep),
    Sweep("challenges", HOURS, challenges.sweep),
    Sweep("capture_prints", HOURS, prints.sweep),
    Sweep("counted_tries", HOURS, forget_tries),
    Sweep("done_jobs", 24 * HOURS, worker.forget_done_jobs),
)
