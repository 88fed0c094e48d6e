"""The whole pipeline, on the two portraits that wheels carry."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageDraw, ImageFilter

from biometrics.errors import ReferenceUnusable, UndecodableImage
from biometrics.types import Outcome, PortraitQuality, UnusableReason, Zone
from tests.biometrics.pictures import (
    FRAME_SIZE,
    brightened,
    capture,
    jpeg,
    pixels,
    png,
    side_by_side,
    views,
)

ADULT_AGE = 40


def framed(view: Image.Image, size: tuple[int, int], place: tuple[int, int]) -> Image.Image:
    frame = Image.new("RGB", FRAME_SIZE, (90, 110, 90))
    frame.paste(view.resize(size), place)
    return frame


def test_a_person_matches_their_own_photo(verifier, astronaut):
    answer = verifier.verify(capture(astronaut), jpeg(astronaut), age=ADULT_AGE)
    assert answer.outcome is Outcome.MATCH
    assert answer.zone is Zone.ACCEPT
    assert answer.accepted
    assert answer.reason is None
    assert answer.best_frame in range(3)
    assert answer.engine == "dlib-resnet-v1"
    assert answer.operating_point.startswith("dlib-resnet-v1/18-59/")


def test_another_person_does_not_match(verifier, astronaut, admiral):
    answer = verifier.verify(capture(astronaut), jpeg(admiral), age=ADULT_AGE)
    assert answer.outcome is Outcome.NO_MATCH
    assert answer.zone is Zone.REJECT
    assert not answer.accepted


@pytest.mark.parametrize("age", [0, 5, 17, None])
def test_a_match_at_an_unsupported_or_unknown_age_waits_for_a_person(verifier, astronaut, age):
    answer = verifier.verify(capture(astronaut), png(astronaut), age=age)
    assert answer.outcome is Outcome.MATCH
    assert answer.zone is Zone.REVIEW
    assert not answer.accepted


@pytest.mark.gate
@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("no_face", lambda view: view.crop((0, 400, 480, 640))),
        ("too_small", lambda view: framed(view, (120, 160), (180, 200))),
        ("cut_off", lambda view: view.crop((235, 0, 480, 640))),
        ("blurred", lambda view: view.filter(ImageFilter.GaussianBlur(6))),
        ("dark", brightened(0.12)),
        ("dark", brightened(0.02)),
        ("bright", lambda view: view.point(lambda value: min(255, 215 + value // 4))),
    ],
)
def test_a_capture_that_cannot_be_used_says_why(verifier, astronaut, reason, change):
    frames = capture(astronaut, change=change)
    answer = verifier.verify(frames, jpeg(astronaut), age=ADULT_AGE)
    assert (answer.outcome, answer.reason) == (Outcome.UNUSABLE, reason)
    assert answer.zone is None
    assert answer.distance is None


def test_bad_light_never_counts_as_another_person(verifier, astronaut, admiral):
    for factor in (0.3, 0.18):
        frames = capture(astronaut, change=brightened(factor))
        assert verifier.verify(frames, jpeg(astronaut), age=ADULT_AGE).outcome in {
            Outcome.MATCH,
            Outcome.UNUSABLE,
        }


def test_two_faces_of_one_size_are_too_many(verifier, astronaut, admiral):
    frames = capture(astronaut, change=lambda view: side_by_side(view, admiral))
    answer = verifier.verify(frames, jpeg(astronaut), age=ADULT_AGE)
    assert answer.reason is UnusableReason.SEVERAL_FACES


def test_a_smaller_face_beside_is_a_helper_and_welcome(verifier, astronaut, admiral):
    helper = astronaut.crop((80, 40, 250, 210)).resize((165, 165))

    def helped(view: Image.Image) -> Image.Image:
        scene = view.copy()
        scene.paste(helper, (310, 470))
        return scene

    assert len(verifier.find_faces(pixels(helped(views(admiral)[0])))) == 2
    frames = capture(admiral, change=helped)
    assert verifier.verify(frames, jpeg(admiral), age=ADULT_AGE).accepted


def test_frames_of_two_people_are_a_changed_face(verifier, astronaut, admiral):
    frames = capture(astronaut, 2) + capture(admiral, 2)
    for reference in (astronaut, admiral):
        answer = verifier.verify(frames, jpeg(reference), age=ADULT_AGE)
        assert answer.reason is UnusableReason.FACE_CHANGED


def test_one_still_sent_again_and_again_is_an_attack(verifier, astronaut):
    still = capture(astronaut, 1) * 4
    answer = verifier.verify(still, jpeg(astronaut), age=ADULT_AGE)
    assert answer.outcome is Outcome.PRESENTATION_ATTACK
    assert [fact.name for fact in answer.facts if not fact.passed] == ["frames_identical"]


def test_too_few_frames_are_unusable(verifier, astronaut):
    reference = jpeg(astronaut)
    answer = verifier.verify(capture(astronaut, 2), reference, age=ADULT_AGE)
    assert (answer.outcome, answer.reason) == (Outcome.UNUSABLE, UnusableReason.TIMED_OUT)


def test_without_a_frame_there_is_no_face_and_not_too_little_time(verifier, astronaut):
    answer = verifier.verify([], jpeg(astronaut), age=ADULT_AGE)
    assert (answer.outcome, answer.reason) == (Outcome.UNUSABLE, UnusableReason.NO_FACE)


def test_a_frame_without_a_face_among_good_ones_does_no_harm(verifier, astronaut):
    wall = jpeg(Image.new("RGB", FRAME_SIZE, (120, 120, 120)))
    frames = [wall, *capture(astronaut)]
    answer = verifier.verify(frames, jpeg(astronaut), age=ADULT_AGE)
    assert answer.accepted
    assert answer.best_frame != 0


def test_a_broken_frame_is_named_by_its_index_and_judges_nobody(verifier, astronaut):
    frames = capture(astronaut)
    frames[1] = frames[1][:500]
    with pytest.raises(UndecodableImage) as refused:
        verifier.verify(frames, jpeg(astronaut), age=ADULT_AGE)
    assert refused.value.frame == 1
    with pytest.raises(UndecodableImage) as refused:
        verifier.check_frames(frames)
    assert refused.value.frame == 1
    verifier.check_frames(capture(astronaut))


def test_a_reference_without_a_face_judges_nobody(verifier, astronaut):
    wall = jpeg(Image.new("RGB", FRAME_SIZE, (120, 120, 120)))
    with pytest.raises(ReferenceUnusable) as refused:
        verifier.verify(capture(astronaut), wall, age=ADULT_AGE)
    assert refused.value.reason is UnusableReason.NO_FACE


def test_a_broken_reference_is_no_frame(verifier, astronaut):
    with pytest.raises(UndecodableImage) as refused:
        verifier.verify(capture(astronaut), b"not a picture", age=ADULT_AGE)
    assert refused.value.frame is None


def test_no_distance_is_printed(verifier, astronaut):
    answer = verifier.verify(capture(astronaut), jpeg(astronaut), age=ADULT_AGE)
    assert answer.distance is not None
    assert "distance=" not in repr(answer).replace("eye_distance=", "")
    assert str(answer.distance) not in repr(answer)


@pytest.mark.gate
def test_eight_threads_get_the_answers_of_one(verifier, astronaut, admiral):
    reference = jpeg(astronaut)
    small = capture(astronaut, change=lambda view: view.resize((300, 400)))
    captures = [capture(admiral), small, capture(astronaut), small[:1] * 2]
    alone = [verifier.verify(frames, reference, age=ADULT_AGE) for frames in captures]
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(verifier.verify, frames, reference, age=ADULT_AGE) for frames in captures
        ]
        together = [future.result() for future in asked]
    assert together == alone
    assert [answer.distance for answer in together] == [answer.distance for answer in alone]


def test_a_photo_is_checked_when_it_is_uploaded(verifier, astronaut, admiral):
    good = verifier.check_reference(png(astronaut))
    assert good.usable
    assert good.reason is None
    assert good.eye_distance_px is not None
    dark = verifier.check_reference(jpeg(brightened(0.1)(astronaut)))
    assert (dark.usable, dark.reason) == (False, UnusableReason.DARK)
    crowd = verifier.check_reference(jpeg(side_by_side(astronaut, admiral)))
    assert crowd.reason is UnusableReason.SEVERAL_FACES
    with pytest.raises(UndecodableImage):
        verifier.check_reference(b"")


@pytest.mark.parametrize(
    "degrees",
    [0, 90, pytest.param(180, marks=pytest.mark.gate), pytest.param(270, marks=pytest.mark.gate)],
)
def test_a_portrait_is_found_whichever_way_the_page_lies(verifier, admiral, degrees):
    page = Image.new("RGB", (1000, 700), (230, 230, 225))
    page.paste(admiral.resize((210, 280)), (60, 200))
    turned = page.rotate(degrees, expand=True)  # against the clock
    portrait = verifier.find_portrait(png(turned))
    assert portrait is not None
    assert portrait.turned_degrees == degrees
    assert portrait.quality is PortraitQuality.GOOD
    box = portrait.box
    cut = turned.crop((round(box.left), round(box.top), round(box.right), round(box.bottom)))
    upright = jpeg(cut.rotate(-degrees, expand=True))
    for reference in (portrait.jpeg, upright):
        assert verifier.compare_photos(reference, jpeg(admiral), age=ADULT_AGE).accepted


@pytest.mark.gate
def test_a_portrait_serves_as_reference(verifier, astronaut, admiral):
    page = Image.new("RGB", (900, 600), (230, 230, 225))
    page.paste(astronaut.resize((225, 300)), (40, 150))
    portrait = verifier.find_portrait(pixels(page))
    assert portrait is not None
    assert verifier.verify(capture(astronaut), portrait.jpeg, age=ADULT_AGE).accepted
    assert not verifier.verify(capture(admiral), portrait.jpeg, age=ADULT_AGE).accepted
    assert b"JFIF" in portrait.jpeg[:20]
    assert repr(portrait.jpeg)[:20] not in repr(portrait)


@pytest.mark.gate
def test_a_portrait_under_printed_lines_is_found_and_can_be_compared(verifier, astronaut):
    face = astronaut.crop((140, 20, 320, 247)).resize((380, 480))
    page = Image.new("RGB", (1200, 760), (245, 241, 230))
    page.paste(face, (70, 180))
    draw = ImageDraw.Draw(page)
    for left in range(-410, 450, 14):
        draw.line((left, 180, left + 480, 660), fill=(120, 160, 140), width=7)
    portrait = verifier.find_portrait(pixels(page))
    assert portrait is not None
    assert portrait.turned_degrees == 0
    assert verifier.compare_photos(portrait.jpeg, jpeg(astronaut), age=ADULT_AGE).accepted


@pytest.mark.gate
def test_a_portrait_too_small_to_compare_is_refused(verifier, admiral):
    qualities = []
    for height in (280, 150, 105):
        page = Image.new("RGB", (600, 420), (230, 230, 225))
        page.paste(admiral.resize((height * 3 // 4, height)), (60, 90))
        portrait = verifier.find_portrait(pixels(page))
        assert portrait is not None
        qualities.append(portrait.quality)
    assert qualities == [PortraitQuality.GOOD, PortraitQuality.WARN, PortraitQuality.REFUSE]


@pytest.mark.gate
def test_a_page_without_a_portrait_has_none(verifier):
    assert verifier.find_portrait(png(Image.new("RGB", (300, 200), (230, 230, 225)))) is None


def test_photos_of_two_people_do_not_match(verifier, astronaut, admiral):
    answer = verifier.compare_photos(jpeg(astronaut), jpeg(admiral), age=ADULT_AGE)
    assert answer.outcome is Outcome.NO_MATCH


@pytest.mark.gate
def test_nothing_is_loaded_at_import_and_nothing_of_the_web():
    code = (
        "import sys, biometrics.verifier;"
        "print({'flask', 'sqlalchemy', 'marshmallow', 'werkzeug', 'ecard', 'uploads', 'dlib',"
        " 'face_recognition', 'face_recognition_models'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
