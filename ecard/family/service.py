"""A link from application to end; the one door to this feature.

Read in the order of a link's life: ``applying.py`` (opened, notice acknowledged), ``account.py``
(the family account; ``caps.py`` counts places, ``confirming.py`` asks the registry again at every
later gate), ``progress.py`` (evidence, acceptance, activation), ``guardians.py`` (a child's other
guardians), ``speaking_for.py`` (who decides about somebody else's data), ``acting.py`` (asked at
each call for the relative), ``scopes.py`` (what a standing link allows), ``last_day.py`` (until
when), ``orders.py`` (a court order says until when), ``reading.py`` (what both sides see),
``uses.py`` (unused links), ``growing.py`` (come of age), ``ending.py``, ``upkeep.py`` (jobs). Its
row and the one place where its state moves are in ``links.py``, its times in ``lapsing.py``.
"""

from __future__ import annotations

from ecard.family.account import give_family_account
from ecard.family.acting import acting_link, acts, in_dispute, is_disputed_on
from ecard.family.applying import acknowledge, open_application, read_notice
from ecard.family.confirming import refuse_unless_standing
from ecard.family.deaths import look_for_deaths
from ecard.family.ending import (
    end_as_holder,
    end_as_relative,
    end_for_relative,
    links_on,
    report_not_me,
    set_state_as_staff,
    withdraw,
)
from ecard.family.growing import (
    confirm,
    confirm_at_counter,
    confirm_by_video,
    growing_link,
    open_face_proof,
    take_over,
    wait_for_person,
)
from ecard.family.growing import read_notice as read_face_notice
from ecard.family.guardians import (
    GuardedLinkView,
    list_guarded,
    objector,
    refuse_objection,
)
from ecard.family.lapsing import longest_for_code, prolong
from ecard.family.last_day import change_as_relative as change_last_day_as_relative
from ecard.family.last_day import change_at_counter as change_last_day_at_counter
from ecard.family.last_day import set_by_order, set_by_relative
from ecard.family.links import (
    held_with,
    holders_on,
    holders_with,
    ids_about,
    ids_in,
    lock_link,
    lock_links_about,
    move,
    of_other_relatives,
    of_same_pair,
    over_at_once,
    own_link,
    policy_of,
    relative_age,
    relatives_about,
    standing_on,
    state_now,
    still_open,
    tell_relative,
    typed,
)
from ecard.family.orders import EndDateOrderView, answer_order, list_orders, record_order
from ecard.family.progress import (
    accept,
    activate,
    evidence_accepted,
    evidence_given,
    face_given_up,
    refuse_as_relative,
    reject,
    take_back,
)
from ecard.family.reading import (
    ChangeView,
    LinkView,
    after_deaths,
    is_side,
    list_changes,
    list_links,
    list_links_on_me,
    read_link,
    view,
)
from ecard.family.renaming import rename
from ecard.family.scopes import change_as_holder as change_scopes_as_holder
from ecard.family.scopes import change_as_relative as change_scopes_as_relative
from ecard.family.speaking_for import (
    guardian_link,
    lock_guarded_links,
    lock_guardian_link,
)
from ecard.family.upkeep import (
    forget_not_me,
    forget_typed,
    long_over,
    remind,
    sweep,
    tell_coming_of_age,
    tell_last_day,
)
from ecard.family.uses import note_use, warn_unused

__all__ = [
    "ChangeView",
    "EndDateOrderView",
    "GuardedLinkView",
    "LinkView",
    "accept",
    "acknowledge",
    "acting_link",
    "activate",
    "acts",
    "after_deaths",
    "answer_order",
    "change_last_day_as_relative",
    "change_last_day_at_counter",
    "change_scopes_as_holder",
    "change_scopes_as_relative",
    "confirm",
    "confirm_at_counter",
    "confirm_by_video",
    "end_as_holder",
    "end_as_relative",
    "end_for_relative",
    "evidence_accepted",
    "evidence_given",
    "face_given_up",
    "forget_not_me",
    "forget_typed",
    "give_family_account",
    "growing_link",
    "guardian_link",
    "held_with",
    "holders_on",
    "holders_with",
    "ids_about",
    "ids_in",
    "in_dispute",
    "is_disputed_on",
    "is_side",
    "links_on",
    "list_changes",
    "list_guarded",
    "list_links",
    "list_links_on_me",
    "list_orders",
    "lock_guarded_links",
    "lock_guardian_link",
    "lock_link",
    "lock_links_about",
    "long_over",
    "longest_for_code",
    "look_for_deaths",
    "move",
    "note_use",
    "objector",
    "of_other_relatives",
    "of_same_pair",
    "open_application",
    "open_face_proof",
    "over_at_once",
    "own_link",
    "policy_of",
    "prolong",
    "read_face_notice",
    "read_link",
    "read_notice",
    "record_order",
    "refuse_as_relative",
    "refuse_objection",
    "refuse_unless_standing",
    "reject",
    "relative_age",
    "relatives_about",
    "remind",
    "rename",
    "report_not_me",
    "set_by_order",
    "set_by_relative",
    "set_state_as_staff",
    "standing_on",
    "state_now",
    "still_open",
    "sweep",
    "take_back",
    "take_over",
    "tell_coming_of_age",
    "tell_last_day",
    "tell_relative",
    "typed",
    "view",
    "wait_for_person",
    "warn_unused",
    "withdraw",
]
