"""Ten years of a family in a minute: a clock moved by hand, every step a real request.

The years have a service of their own (``years/world.py``): what another server keeps is not
touched. Scenes are in ``years/children.py`` and ``years/mother.py``, in the order of their days
here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date

from ecard.demo.phone import Refused
from ecard.demo.pictures import Pair, public_pairs
from ecard.demo.years.children import DAUGHTER, SON, Children
from ecard.demo.years.children import MOTHER as PARENT
from ecard.demo.years.history import print_history
from ecard.demo.years.mother import MOTHER as GRANDMOTHER
from ecard.demo.years.mother import SON as HELPER
from ecard.demo.years.mother import Mother
from ecard.demo.years.world import WentOtherwise, World, world_from

BEGINS, ENDS = date(2026, 1, 12), date(2036, 1, 14)
Scene = Callable[[World], None]
Chapter = tuple[str, Sequence[tuple[date, Scene]]]
NOTE = """Ten years of a family, on a clock that is moved by hand and a database of its own that
is removed afterwards. Each line is a real request, or what the jobs of a running server did by that
day. Two public-domain portraits stand in for the children and for a mother of 72: this shows the
flow, not recognition. The camera is simulated, documents are drawn and looked at by people only;
what the registry says, mistakes too, is loaded as an agency loads it."""


def play() -> None:
    """Play it and print it; raises WentOtherwise where a scene did not come out as it must."""
    print(f"\n{NOTE}", flush=True)
    began, children, mother = time.monotonic(), Children(), Mother()
    with world_from(BEGINS, _faces()) as world:
        try:
            for title, scenes in story(children, mother):
                world.title(title)
                for day, scene in scenes:
                    world.go_to(day)
                    scene(world)
            world.go_to(ENDS)
            print_history(world, HELPER, GRANDMOTHER, mother.link_id)
            print_history(world, PARENT, SON, children.taken_over)
        except Refused as refused:
            raise WentOtherwise(f"{world.today}: {refused}") from refused
    print(f"\nTen years in {time.monotonic() - began:.0f} seconds.", flush=True)


def _faces() -> dict[str, Pair]:
    first, second = public_pairs()
    return {SON: first, DAUGHTER: second, GRANDMOTHER: second}


def story(children: Children, mother: Mother) -> list[Chapter]:
    """What happens on which day; some scenes go on for days or months."""
    both = children, mother
    return [*_first_years(*both), *_hard_years(*both), *_last_years(*both)]


def _first_years(children: Children, mother: Mother) -> list[Chapter]:
    added = [
        (BEGINS, children.mother_adds_son),
        (date(2026, 1, 14), children.father_adds_son),
        (date(2026, 1, 15), mother.is_added),
    ]
    certified = [
        (date(2026, 1, 30), mother.proves_by_face),
        (date(2027, 1, 18), mother.proves_at_counter),
        (date(2027, 6, 10), children.parents_look_in),
        (date(2028, 1, 10), mother.is_visited),
        (date(2029, 1, 8), mother.proves_by_face),
        (date(2029, 4, 12), children.mother_adds_daughter),
        (date(2029, 4, 13), children.parents_look_in),
    ]
    return [
        ("A child is added by both parents, a mother by her son", added),
        ("The mother is certified each year", certified),
    ]


def _hard_years(children: Children, mother: Mother) -> list[Chapter]:
    missed = [(date(2029, 11, 1), mother.misses_one), (date(2030, 1, 25), mother.appeals)]
    apart = [
        (date(2030, 5, 6), children.father_adds_daughter),
        (date(2030, 5, 9), children.mother_objects),
        (date(2030, 5, 15), children.dispute_is_settled),
    ]
    face = [
        (date(2030, 12, 2), mother.cards_are_renewed),
        (date(2031, 1, 15), mother.withdraws_her_face),
        (date(2031, 3, 3), children.parents_look_in),
    ]
    death = [
        (date(2032, 1, 5), mother.proves_at_counter),
        (date(2032, 3, 3), mother.is_taken_for_dead),
        (date(2032, 3, 22), mother.lives_after_all),
    ]
    return [
        ("One proof of life is missed, appealed, restored", missed),
        ("A separation, with a dispute", apart),
        ("Cards are renewed; consent to the face is taken back", face),
        ("A death, and its revocation", death),
    ]


def _last_years(children: Children, mother: Mother) -> list[Chapter]:
    grown = [
        (date(2032, 7, 5), children.son_gets_a_card),
        (date(2032, 7, 6), children.warnings),
        (date(2032, 10, 8), children.son_is_sixteen),
        (date(2032, 10, 14), children.son_takes_over),
        (date(2032, 10, 20), children.son_confirms),
    ]
    older = [
        (date(2033, 3, 14), mother.proves_at_counter),
        (date(2033, 3, 15), children.parents_look_in),
        (date(2034, 3, 6), mother.proves_at_counter),
        (date(2035, 2, 26), mother.proves_at_counter),
        (date(2035, 2, 27), children.parents_look_in),
    ]
    return [
        ("The child is 16", grown),
        ("The years go on; from 80 on the mother has a month more", older),
    ]
