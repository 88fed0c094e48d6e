"""Mateo and Nora, their mother Lucía and their father Andrés."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ecard.demo import specimens
from ecard.demo.years import steps
from ecard.demo.years.world import PASSWORD, World
from ecard.persons.policy import birthday

MOTHER, FATHER, SON, DAUGHTER = "lucia", "andres", "mateo", "nora"
SAFEGUARDING = "safeguarding-lakes"
OWN_PHONE = "+447700900191"
OF_AGE = 16
SON_ALLOWS = ["rights"]
ALLOWED = "order_allows_it"
BOTH_CARE = "The court gave both parents the care of the child."


class Children:
    """The links on the two children: (holder, child) → id."""

    def __init__(self) -> None:
        self.links: dict[tuple[str, str], str] = {}
        self.taken_over = ""
        """The link that the son took over from his mother."""

    # --- a child added by both parents --------------------------------------------------------

    def mother_adds_son(self, world: World) -> None:
        """Papers, the guardian's consent, the live face; a person where no engine may accept a
        child of that age alone (docs/faces.md)."""
        link_id = steps.apply(world, MOTHER, SON, "child")
        steps.give_childs_papers(world, MOTHER, SON, link_id, world.pairs[SON].photo)
        phone = world.phone(MOTHER)
        steps.ok("consent", phone.consent_as_guardian(link_id))
        state = steps.link_of(world, MOTHER, link_id)["state"]
        world.say(MOTHER, f"adds her son of {world.age(SON)}: papers, consent to the face", state)
        seen = steps.show(steps.guest(world, phone, link_id, "own"), world.pairs[SON].camera)
        world.must("the child's live face", seen["outcome"], "match")
        world.say(SON, "before the camera", f"{seen['outcome']}; {seen['next']}")
        if seen["next"] == "wait_for_review":
            case = steps.open_case(world, steps.REVIEWER, second=steps.SECOND)
            words = "Photo and capture show the same child."
            steps.ok(
                "decision", steps.approve(world, steps.REVIEWER, case, "face_confirmed", words)
            )
            world.say("reviewer", "compares, opened by two since he is a minor", "approved")
        self._stands(world, MOTHER, SON, link_id)

    def _stands(self, world: World, holder: str, child: str, link_id: str) -> None:
        link = steps.link_of(world, holder, link_id)
        world.must("the link", (link["state"], link["may_act"]), ("active", True))
        world.say(holder, "reads the link", steps.may(link))
        self.links[holder, child] = link_id

    def father_adds_son(self, world: World) -> None:
        """The other parent, without a face; the first one is told and could object for 7 days."""
        self._added_at_counter(world, FATHER, SON)
        world.hears("other_guardian", MOTHER)
        (seen,) = world.phone(MOTHER).must("GET", "/guarded-links")["items"]
        world.must("the mother may object", seen["may_object"], True)
        world.say(MOTHER, "reads of it, may object for 7 days, and does not", seen["state"])

    def mother_adds_daughter(self, world: World) -> None:
        """Years later, their second child."""
        self._added_at_counter(world, MOTHER, DAUGHTER)

    def _added_at_counter(self, world: World, holder: str, child: str) -> None:
        link_id = steps.apply(world, holder, child, "child")
        steps.give_childs_papers(world, holder, child, link_id, world.pairs[child].photo)
        steps.ok("declined", world.phone(holder).consent_as_guardian(link_id, "declined"))
        age = world.age(child)
        world.say(holder, f"adds {world.name(child)}, {age}: papers; declines the face comparison")
        world.say("clerk", "sees parent and child", steps.at_the_counter(world, holder, link_id))
        self._stands(world, holder, child, link_id)

    # --- what the links are for ---------------------------------------------------------------

    def parents_look_in(self, world: World) -> None:
        """Each parent reads the rights of each child, on whatever link they may."""
        for (holder, child), link_id in self.links.items():
            answer = world.phone(holder).send("GET", f"/links/{link_id}/rights")
            told = "read" if answer.ok else f"{answer.status} {answer.code}"
            world.say(holder, f"asks for the rights of {world.name(child)}", told)

    # --- a separation -------------------------------------------------------------------------

    def father_adds_daughter(self, world: World) -> None:
        """The parents live apart; he opens a link of his own and uses it."""
        self._added_at_counter(world, FATHER, DAUGHTER)
        world.hears("other_guardian", MOTHER)
        link_id = self.links[FATHER, DAUGHTER]
        world.phone(FATHER).must("GET", f"/links/{link_id}/rights")
        world.say(FATHER, f"asks for the rights of {world.name(DAUGHTER)}", "read")

    def mother_objects(self, world: World) -> None:
        """On the third day: held at once, for reading too."""
        link_id = self.links[FATHER, DAUGHTER]
        held = world.phone(MOTHER).must("POST", f"/guarded-links/{link_id}/objection")
        world.say(MOTHER, "objects to his link on the daughter", held["state"])
        world.hears("link_disputed", FATHER)
        answer = world.phone(FATHER).send("GET", f"/links/{link_id}/rights")
        told = world.refused("in dispute", answer, "link_not_active")
        world.say(FATHER, "asks for her rights, the very next request", told)
        acts = world.phone(FATHER).must("GET", f"/links/{link_id}/acts")["items"]
        by = {act["actor"] for act in acts}
        world.must("of a disputed link he reads", by, {world.people.persons[FATHER].name})
        world.say(FATHER, "reads its history: of the dispute only what he did", f"{len(acts)} line")
        case = steps.open_case(world, SAFEGUARDING, second=steps.REVIEWER)
        answer = steps.approve(world, SAFEGUARDING, case, ALLOWED, BOTH_CARE)
        told = world.refused("no order yet", answer, "court_order_missing")
        world.say("safeguarding", "would settle it without a court order", told)

    def dispute_is_settled(self, world: World) -> None:
        """With the order of a court, which gives both parents the care."""
        link_id, phone = self.links[FATHER, DAUGHTER], world.phone(FATHER)
        order = phone.upload("court_order", specimens.paper("court order", ["Care: both parents"]))
        phone.must("POST", f"/disputes/{link_id}/order", {"document_ids": [order]})
        world.say(FATHER, "puts the order of the court on file")
        case = steps.open_case(world, SAFEGUARDING, second=steps.REVIEWER)
        steps.ok("decision", steps.approve(world, SAFEGUARDING, case, ALLOWED, BOTH_CARE))
        link = steps.link_of(world, FATHER, link_id)
        world.must("settled", (link["state"], link["reason"]), ("active", "dispute_settled"))
        world.say("safeguarding", f"settles it, opened by two: {ALLOWED}", steps.may(link))
        world.hears("dispute_review_approved", MOTHER, FATHER)

    # --- come of age --------------------------------------------------------------------------

    def son_gets_a_card(self, world: World) -> None:
        """A telephone of his own in the registry, and an e-card from the counter."""
        son = world.people.persons[SON]
        world.registry_says(SON, contact=replace(son.contact, phone=OWN_PHONE))
        body = {"number": son.number, **steps.DOCUMENT}
        card = world.desk(steps.CLERK).must("POST", "/staff/cards", body)
        told = f"issued, good until {card['expires_on']}"
        world.say("clerk", f"issues an e-card to {world.name(SON)}, {world.age(SON)}", told)

    def warnings(self, world: World) -> None:
        """90, 30 and 7 days before, to both sides."""
        turns = birthday(world.people.persons[SON].birth_date, OF_AGE)
        for days in (90, 30, 7):
            world.go_to(turns - timedelta(days=days))
            world.hears("coming_of_age", MOTHER, FATHER)
            world.hears("coming_of_age_relative", SON)

    def son_is_sixteen(self, world: World) -> None:
        """On the birthday acting stops and reading stays: no blackout for either side."""
        world.go_to(birthday(world.people.persons[SON].birth_date, OF_AGE))
        link_id = self.links[MOTHER, SON]
        link = steps.link_of(world, MOTHER, link_id)
        world.must("at 16", (link["may_act"], link["may_read"]), (False, True))
        world.say(MOTHER, f"reads the link on the {world.age(SON)}th birthday", steps.may(link))
        path = f"/links/{link_id}/certification/counter-code"
        answer = world.phone(MOTHER).send("POST", path)
        told = world.refused("acting at 16", answer, "acting_not_allowed_now")
        world.say(MOTHER, "would act for him", told)

    def son_takes_over(self, world: World) -> None:
        """With an e-card of his own: his mother's link ends at once."""
        hers = self.taken_over = self.links.pop((MOTHER, SON))
        phone = world.phone(SON)
        asked = {one["next"] for one in phone.must("GET", "/links-on-me")["items"]}
        world.must("what he is asked", asked, {"confirm_link"})
        taken = phone.must("POST", f"/links-on-me/{hers}/takeover")
        told = f"{taken['state']} ({taken['reason']})"
        world.say(SON, "takes over what his mother did for him", told)
        world.hears("link_ended", MOTHER)
        answer = world.phone(MOTHER).send("GET", f"/links/{hers}/rights")
        told = world.refused("taken over", answer, "link_not_active")
        world.say(MOTHER, "asks for his rights, the very next request", told)
        world.phone(SON).must("GET", "/rights")
        world.say(SON, "asks for his own rights with his own e-card", "read")

    def son_confirms(self, world: World) -> None:
        """His father's link goes on, for what the son now chooses."""
        link_id, phone = self.links[FATHER, SON], world.phone(SON)
        grant = phone.step_up(PASSWORD, "confirm_link")
        body = {"scopes": SON_ALLOWS, "step_up_id": grant}
        phone.must("POST", f"/links-on-me/{link_id}/confirmation", body)
        link = steps.link_of(world, FATHER, link_id)
        world.must("confirmed", (link["may_act"], link["scopes"]), (True, SON_ALLOWS))
        world.say(SON, "confirms his father's link, for his rights alone", steps.may(link))
        world.hears("link_confirmed", FATHER)
