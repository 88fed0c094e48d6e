"""Refusals of the family account and of a link's life."""

from __future__ import annotations

from ecard.errors import Refusal


class IllegalMove(Refusal):
    """The link is not in a state from which this step leads on."""

    code = "illegal_move"
    status = 409
    next = "read_link"


class ApplicationExpired(Refusal):
    """The application was left for longer than the policy allows."""

    code = "application_expired"
    status = 409
    next = "open_application"


class TooManyApplications(Refusal):
    """The holder opened as many applications today as the settings allow."""

    code = "too_many_applications"
    status = 429
    next = "read_links"


class HolderTooYoung(Refusal):
    """Only somebody of age can open family services for others; ``age`` says from when."""

    code = "holder_too_young"
    status = 403
    next = "counter"


class NumberNotValid(Refusal):
    """The number's form or check digit is wrong: depends on what was typed alone."""

    code = "number_not_valid"
    status = 422
    next = "give_family_account"


class BornInFuture(Refusal):
    """The birth date that the number itself gives is still to come."""

    code = "birth_date_in_future"
    status = 422
    next = "give_family_account"


class NumberIsYourOwn(Refusal):
    """The holder typed their own number."""

    code = "number_is_your_own"
    status = 422
    next = "give_family_account"


class AlreadyLinked(Refusal):
    """The holder has a link or an open application with this number already."""

    code = "already_linked"
    status = 409
    next = "read_links"


class CapReached(Refusal):
    """One of the holder's own caps; ``group`` says which."""

    code = "cap_reached"
    status = 409
    next = "end_a_link"

    @property
    def said_as(self) -> str:
        """Each cap has words of its own: to end a link helps against all but the month's."""
        group = self.params.get("group")
        return f"{self.code}.{group}" if group else self.code


class AgeDoesNotFit(Refusal):
    """The age that the number itself gives does not fit the relation."""

    code = "age_does_not_fit_relation"
    status = 422
    next = "give_family_account"


class RelationNeedsGuardian(Refusal):
    """Somebody under ``age`` (the region's adult age) can be added as a child or ward only."""

    code = "relation_needs_guardian"
    status = 422
    next = "give_family_account"


class ScopeNeedsRelative(Refusal):
    """A new scope is given by the adult relative themselves."""

    code = "scope_needs_relative"
    status = 409
    next = "ask_relative"


class ScopeNeedsGuardian(Refusal):
    """A minor, or somebody under guardianship, takes scopes back and gives none."""

    code = "scope_needs_guardian"
    status = 409
    next = "ask_guardian"


class EndDatePassed(Refusal):
    """The last day given to a link is over already."""

    code = "end_date_passed"
    status = 422
    next = "choose_end_date"


class EndDateTooFar(Refusal):
    """The last day given to a link lies further ahead than ``months``, the most there is."""

    code = "end_date_too_far"
    status = 422
    next = "choose_end_date"


class EndDateNeedsOrder(Refusal):
    """Who is not of age, or is under guardianship, sets no last day: staff do, by a court order; at
    a counter one records it, and another one confirms it."""

    code = "end_date_needs_order"
    status = 409
    next = "counter"


class EndDateNeedsRelative(Refusal):
    """The relative decides about the last day themselves, in the app or at a counter."""

    code = "end_date_needs_relative"
    status = 409
    next = "ask_relative"


class EndDateOrderWaits(Refusal):
    """A court order about this link's last day is recorded already, and waits to be confirmed."""

    code = "end_date_order_waits"
    status = 409
    next = "list_end_date_orders"


class EndDateOrderNotWaiting(Refusal):
    """The court order was confirmed or rejected already, or nobody did in time."""

    code = "end_date_order_not_waiting"
    status = 409
    next = "list_end_date_orders"


class RelativeNotConfirmed(Refusal):
    """Everything that depends on the registry or on other holders: one answer for all of it."""

    code = "relative_not_confirmed"
    status = 422
    next = "counter"


class HolderCardNotUsable(Refusal):
    """The e-card of whoever asks for the link cannot be used at present; said to others."""

    code = "holder_card_not_usable"
    status = 409
    next = "counter"


class NumberTriedTooOften(Refusal):
    """This number was tried too often, by whomever."""

    code = "number_tried_too_often"
    status = 429
    next = "counter"


class TooManyNumbers(Refusal):
    """This holder tried too many different numbers today."""

    code = "too_many_numbers"
    status = 429
    next = "counter"


class CannotActivateNow(Refusal):
    """The link cannot become active as things stand; a counter can say more, in person."""

    code = "cannot_activate_now"
    status = 409
    next = "counter"


class NotOfAgeYet(Refusal):
    """The young person decides about the link from the birthday on that ``acts_until`` names."""

    code = "not_of_age_yet"
    status = 409
    next = "read_link"


class ConfirmedAlready(Refusal):
    """The young person confirmed this link before: it goes on, and its scopes can be changed."""

    code = "confirmed_already"
    status = 409
    next = "set_scopes"


class NothingToConfirm(Refusal):
    """The link was opened for an adult, who accepted it then."""

    code = "nothing_to_confirm"
    status = 409
    next = "read_link"


class ObjectionTooLate(Refusal):
    """The days in which another guardian may object to a new link are over."""

    code = "objection_too_late"
    status = 409
    next = "counter"


class ObjectedAlready(Refusal):
    """A guardian objects to a link once; after that staff decide, and the decision is appealed."""

    code = "objected_already"
    status = 409
    next = "read_decisions"


class DisputeNotSettled(Refusal):
    """A dispute is settled as a case, with a court order on file; it is not lifted otherwise."""

    code = "dispute_not_settled"
    status = 409
    next = "list_cases"


class AcceptanceNotNeeded(Refusal):
    """Only an adult relative accepts, and only once."""

    code = "acceptance_not_needed"
    status = 409
    next = "read_capture_session"


class NotMeLinkUsed(Refusal):
    """The address is unknown, used or older than the policy allows."""

    code = "not_me_link_not_valid"
    status = 404
    next = "counter"


class LinkNotActive(Refusal):
    """The link is not active; ``state`` says what it is."""

    code = "link_not_active"
    status = 409
    next = "read_link"


class NotTheirGuardian(Refusal):
    """From ``age`` on a person decides about their own data; only an adult under guardianship has
    somebody else do it."""

    code = "not_their_guardian"
    status = 403
    next = "ask_relative"


class ActingNotAllowedNow(Refusal):
    """The link is active, but outside the time in which the holder may do this."""

    code = "acting_not_allowed_now"
    status = 409
    next = "read_link"


class ScopeOff(Refusal):
    """This service is not among those that the relative agreed to; ``scope`` names it."""

    code = "scope_off"
    status = 403
    next = "read_link"
