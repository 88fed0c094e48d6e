"""Elena, who draws a pension, and her son Tomás, who helps her."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from ecard.demo import papers
from ecard.demo.phone import Answer, Capture
from ecard.demo.years import steps
from ecard.demo.years.world import PASSWORD, World

SON, MOTHER = "tomas", "elena"
ONE_UP = "reviewer-province"
SCOPES = ["rights", "certification", "card_status"]
REMINDED_DAYS = (60, 30, 7)
GRACE_DAYS = 15
IN_HOSPITAL = {"grounds": "She was in hospital for five weeks and could not come."}
FRAIL = {"grounds": "She cannot leave the house this winter."}


class Mother:
    """Her pension and the link on her."""

    def __init__(self) -> None:
        self.link_id = ""

    def _standing(self, world: World) -> dict[str, Any]:
        """Her one benefit, as her son reads it."""
        path = f"/links/{self.link_id}/certification"
        (benefit,) = world.phone(SON).must("GET", path)["benefits"]
        return dict(benefit)

    def _post(self, world: World, what: str, body: object = None) -> Answer:
        return world.phone(SON).send("POST", f"/links/{self.link_id}/certification/{what}", body)

    # --- added --------------------------------------------------------------------------------

    def is_added(self, world: World) -> None:
        """A passport, a reviewer, her own acceptance on the handed-over phone, her live face."""
        self.link_id = steps.apply(world, SON, MOTHER, "parent")
        phone, pair = world.phone(SON), world.pairs[MOTHER]
        known = {one.ref: one for one in world.people.relatives if one.holder_ref == SON}[MOTHER]
        page = papers.passport(asdict(known), pair.photo, today=world.today)
        evidence = phone.give_evidence(self.link_id, [phone.upload("passport", page)])
        state = steps.ok("evidence", evidence)["state"]
        world.say(SON, f"adds his mother of {world.age(MOTHER)}: her passport (drawn)", state)
        self._approved(world, "documents_confirmed", "The passport is hers.")
        self._accepts(world)
        world.go_to(world.today + timedelta(days=2))
        link = steps.link_of(world, SON, self.link_id)
        world.must("two days later", link["may_act"], True)
        world.say(SON, "reads the link two days later", steps.may(link))

    def _accepts(self, world: World) -> None:
        phone = world.phone(SON)
        capture = steps.guest(world, phone, self.link_id, "handed_over")
        steps.ok("acceptance", capture.accept(SCOPES))
        steps.ok("consent", capture.consent(keep_portrait=True))
        world.say(MOTHER, "accepts on the handed-over phone, consents, lets the portrait be kept")
        seen = steps.show(capture, world.pairs[MOTHER].camera)
        world.must("her live face", seen["outcome"], "match")
        world.say(MOTHER, "before the camera", f"{seen['outcome']}; {seen['next']}")
        phone.must("POST", "/session/unlock", {"password": PASSWORD})
        if seen["next"] == "wait_for_review":
            self._approved(world, "face_confirmed", "Portrait and capture show one person.")
        link = steps.link_of(world, SON, self.link_id)
        world.say(SON, "reads the link", steps.may(link))

    def _approved(self, world: World, reason: str, words: str) -> None:
        case = steps.open_case(world, steps.REVIEWER)
        steps.ok("decision", steps.approve(world, steps.REVIEWER, case, reason, words))
        world.say("reviewer", f"looks at the {case['kind']}: {reason}", "approved")

    # --- certified ----------------------------------------------------------------------------

    def proves_by_face(self, world: World) -> None:
        """Her live face on her son's phone; the picture is taken anew for the years to come."""
        capture = self._camera(world)
        seen = steps.show(capture, world.pairs[MOTHER].camera)
        world.must("her live face", (seen["outcome"], seen["portrait_kept"]), ("match", True))
        self._told(world, "proves by face that she lives, with her son", seen["receipt"])

    def _camera(self, world: World) -> Capture:
        opened = steps.ok("captures", self._post(world, "captures"))
        capture = Capture.for_certification(world.phone(SON), opened["id"])
        steps.ok("consent", capture.consent(keep_portrait=True))
        return capture

    def proves_at_counter(self, world: World) -> None:
        """A code, and a clerk who sees her and her document."""
        code = steps.ok("code", self._post(world, "counter-code"))["code"]
        body = {"code": code, **steps.DOCUMENT}
        receipt = world.desk(steps.CLERK).must("POST", "/staff/certification/counter", body)
        self._told(world, f"proves at the counter, {world.age(MOTHER)}, that she lives", receipt)

    def _told(self, world: World, what: str, receipt: dict[str, Any]) -> None:
        due = self._standing(world)["due_on"]
        world.say(MOTHER, what, f"receipt by {receipt['route']}; next due {due}")

    def is_visited(self, world: World) -> None:
        """Somebody comes; the payment goes on until they have decided."""
        steps.ok("visit", self._post(world, "visit", FRAIL))
        world.say(SON, "asks that somebody visits her", self._standing(world)["state"])
        world.go_to(world.today + timedelta(days=3))
        self._decided(world, steps.REVIEWER, "seen_in_person")

    def _decided(self, world: World, who: str, reason: str) -> None:
        desk = world.desk(who)
        (case,) = desk.must("GET", "/staff/certification/cases")["items"]
        path = f"/staff/certification/cases/{case['id']}/decision"
        body = {"accepted": True, "reason": reason}
        desk.must("POST", path, body, if_match=f'"{case["version"]}"')
        now = self._standing(world)
        world.must("after the decision", now["state"], "certified")
        world.say("reviewer", f"accepts the {case['kind']}: {reason}", f"next due {now['due_on']}")

    # --- one missed, appealed, restored -------------------------------------------------------

    def misses_one(self, world: World) -> None:
        """Reminded 60, 30 and 7 days before; paid through the days of grace; then stopped."""
        due = date.fromisoformat(self._standing(world)["due_on"])
        for days in REMINDED_DAYS:
            world.go_to(due - timedelta(days=days))
            world.hears("certification_due", SON, MOTHER)
        world.go_to(due + timedelta(days=1))
        world.hears("certification_missed", SON, MOTHER)
        world.go_to(due + timedelta(days=GRACE_DAYS))
        self._pays(world, "on the last day of grace", "in_grace", paid=True)
        world.go_to(due + timedelta(days=GRACE_DAYS + 1))
        self._pays(world, "on the day after", "stopped", paid=False)
        world.hears("certification_stopped", SON, MOTHER)

    def _pays(self, world: World, when: str, state: str, *, paid: bool) -> None:
        now = self._standing(world)
        found = now["state"], now["paid"], world.registry_pays(MOTHER)
        world.must(f"paid {when}", found, (state, paid, paid))
        world.say("registry", f"{'pays' if paid else 'does not pay'} {when}", state)

    def appeals(self, world: World) -> None:
        """Paid at once while the appeal is open; accepted one level up, it is restored."""
        world.go_to(world.today + timedelta(days=5))
        steps.ok("appeal", self._post(world, "appeal", IN_HOSPITAL))
        world.work()
        world.say(SON, "appeals against the stop: she was in hospital")
        self._pays(world, "while the appeal is open", "held", paid=True)
        world.go_to(world.today + timedelta(days=9))
        self._decided(world, ONE_UP, "reason_accepted")
        world.work()
        world.hears("certification_restored", SON, MOTHER)
        self._pays(world, "again, and what it owes for the days between", "certified", paid=True)

    # --- consent to the face is taken back ----------------------------------------------------

    def withdraws_her_face(self, world: World) -> None:
        """The very next request is refused, every picture goes with a receipt, the link goes on."""
        capture, own = self._camera(world), world.phone(MOTHER)
        world.say(SON, "opens the camera for her proof of life; she consents")
        kept = own.must("GET", "/my-data")["faces_stored"]
        taken = own.must("POST", "/my-data/face-withdrawals", {})
        world.say(MOTHER, "takes consent to her face back, on her own phone", taken["state"])
        told = world.refused("after it", capture.ask(), "face_declined")
        world.say(SON, "goes on with the camera", told)
        world.work_off()
        done = own.must("GET", f"/my-data/face-withdrawals/{taken['id']}")
        checked = own.must("POST", "/my-data/receipt-checks", {"receipt": done["receipt"]})
        left = own.must("GET", "/my-data")["faces_stored"]
        world.must("pictures left", (kept > 0, left, checked["genuine"]), (True, 0, True))
        told = f"{done['state']}, receipt good"
        world.say("system", f"destroys {kept} picture of her face", told)
        self.proves_at_counter(world)

    # --- a death, and its revocation ----------------------------------------------------------

    def is_taken_for_dead(self, world: World) -> None:
        """The registry records a death by mistake: payment and link end, and both sides hear it."""
        world.registry_says(MOTHER, died_on=world.today - timedelta(days=2))
        world.say("registry", f"records that {world.name(MOTHER)} died (a mistake)")
        answer = self._post(world, "counter-code")
        told = world.refused("a dead relative", answer, "relative_not_confirmed")
        world.say(SON, "would act for her, the very next request", told)
        world.go_to(world.today + timedelta(days=1))
        link = steps.link_of(world, SON, self.link_id)
        world.must("after a death", (link["state"], link["reason"]), ("ended", "person_died"))
        world.say("system", "ends the link", f"{link['state']} ({link['reason']})")
        world.hears("link_ended", SON)
        world.must("paid after a death", world.registry_pays(MOTHER), False)
        world.say("registry", "does not pay any more")

    def lives_after_all(self, world: World) -> None:
        """The registry takes the death back: link and payment are as they were."""
        world.registry_says(MOTHER, died_on=None)
        world.say("registry", "takes the death back")
        world.go_to(world.today + timedelta(days=1))
        link = steps.link_of(world, SON, self.link_id)
        world.must("after it", (link["state"], link["reason"]), ("active", "death_revoked"))
        world.say("system", "brings the link back as it was", steps.may(link))
        world.hears("certification_restored", SON, MOTHER)
        self._pays(world, "again, and what it owes for the days between", "certified", paid=True)

    # --- cards --------------------------------------------------------------------------------

    def cards_are_renewed(self, world: World) -> None:
        """In their last days: in the app with the e-card password, hers by a clerk."""
        for ref in (SON, "lucia", "andres"):
            phone = world.phone(ref)
            grant = phone.step_up(PASSWORD, "renew_card")
            card = phone.must("POST", "/card/renewal", {"step_up_id": grant})
            world.say(ref, "renews the own e-card in the app", f"good until {card['expires_on']}")
        number = world.people.holder(MOTHER).card_number
        body = {"card_number": number, **steps.DOCUMENT}
        card = world.desk(steps.CLERK).must("POST", "/staff/cards/renewal", body)
        world.say("clerk", "renews his mother's at the counter", f"good until {card['expires_on']}")
