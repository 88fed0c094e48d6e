"""The two public-domain portraits, and what a phone before these people sends: a simulation, made
once in a run, since every test draws the same challenge."""

from functools import cache

from PIL import Image

from biometrics.challenge import Profile, draw, frame_times
from biometrics.evaluation.heads import Person
from biometrics.evaluation.simulated import person_of
from biometrics.evaluation.simulator import DEVELOPMENT_SEEDS, Species, play
from ecard.demo import specimens
from tests.remembered import once
from tests.support import engine, same_chance

ASTRONAUT, ADMIRAL = 0, 1
"""The two public-domain portraits: two people who are not each other."""


@cache
def portrait(who: int) -> Image.Image:
    """A portrait, cut so that the face fills enough of it."""
    picture = specimens.open_photo(specimens.public_portraits()[who])
    return picture.crop((100, 0, 380, 320)) if who == ASTRONAUT else picture


@cache
def photo(who: int) -> bytes:
    """The photo that was uploaded: the portrait at another size and light than the frames."""
    picture = portrait(who)
    larger = picture.resize((picture.width * 640 // picture.height, 640))
    return specimens.jpeg(larger, quality=85)


CHALLENGE = draw(Profile.STANDARD, same_chance())
"""What is drawn in every test (a test of the joined process sees that chance draws otherwise)."""


@cache
def frames(who: int, take: int = 0, species: Species = Species.LIVE) -> list[bytes]:
    """What that person's phone sends in answer to the drawn challenge: a simulation. Every ``take``
    is another recording."""
    times = frame_times(CHALLENGE, 28)
    if take == UNDECIDED and species is Species.LIVE:
        species = Species.LIVE_IN_SUN

    def recorded() -> list[bytes]:
        return list(play(CHALLENGE, _head(who), species, SEEDS[take], at_ms=times).frames)

    return once(recorded, "frames", who, take, species)


@cache
def _head(who: int) -> Person:
    person = person_of(photo(who), engine())
    assert person is not None
    return person


SEEDS = DEVELOPMENT_SEEDS[100:140]
UNDECIDED = 3
"""The take in bright sun, where the screen's light cannot be seen: undecided."""


def stills(who: int, count: int = 28) -> list[bytes]:
    """One photo that shakes a little, sent as an answer."""
    return specimens.frames_of(portrait(who), count=count)
