import random

import cv2
import numpy as np
import pytest

from biometrics.challenge import MOST_FRAMES, Profile, draw, frame_times
from biometrics.sequence import (
    NEARLY_EXACT_BITS,
    SAME_PICTURE_BITS,
    count_known,
    fingerprint,
    is_same_picture,
    recording_of,
)
from tests.biometrics import pictures

CHALLENGE = draw(Profile.STANDARD, random.Random(4))
TIMES = frame_times(CHALLENGE, 28)


@pytest.fixture(scope="module")
def still() -> np.ndarray:
    return pictures.pixels(pictures.astronaut().resize((240, 320)))


@pytest.fixture(scope="module")
def moving(still: np.ndarray) -> list[np.ndarray]:
    return [np.roll(still, 2 * step, axis=1) for step in range(len(TIMES))]


def noisy(image: np.ndarray, levels: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, levels, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_frames_in_their_order_and_time_are_a_recording(moving):
    recording = recording_of(moving, TIMES, CHALLENGE)
    assert recording.in_time
    assert recording.repeated == 0
    assert not recording.is_one_picture


@pytest.mark.parametrize(
    "times",
    [
        TIMES[::-1],
        [*TIMES[:5], TIMES[6], TIMES[5], *TIMES[7:]],
        [TIMES[0]] * 2 + TIMES[2:],
        [at + 60_000 for at in TIMES],
        [at - 1000 for at in TIMES],
        TIMES[:10] + TIMES[18:] + [TIMES[-1] + at for at in range(1, 9)],
        TIMES[:14],
        [float("nan"), *TIMES[1:]],
        [*TIMES[:-1], 1e300],
    ],
    ids=[
        *("backwards", "swapped", "at_once", "from_the_future", "before"),
        *("gap", "cut_off", "no_number", "endless"),
    ],
)
def test_times_that_no_camera_keeps_are_noticed(moving, times):
    assert not recording_of(moving[: len(times)], times, CHALLENGE).in_time


def test_forty_one_frames_are_too_many(moving):
    times = np.linspace(0, CHALLENGE.length_ms, MOST_FRAMES + 1).tolist()
    assert not recording_of(moving * 2, times, CHALLENGE).in_time


def test_twelve_identical_frames_are_one_picture(still):
    recording = recording_of([still] * 12, TIMES[:12], CHALLENGE)
    assert recording.repeated == 11
    assert recording.is_one_picture


@pytest.mark.parametrize("levels", [2, 8, 20])
def test_a_still_repeated_with_noise_and_compression_is_one_picture(still, levels):
    frames = []
    for seed in range(8):
        picture = noisy(still, levels, seed)
        _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60 + 4 * seed])
        frames.append(cv2.imdecode(jpeg, cv2.IMREAD_COLOR))
    recording = recording_of(frames, TIMES[:8], CHALLENGE)
    assert recording.repeated == 0
    assert recording.is_one_picture


def test_brighter_and_darker_is_no_movement(still):
    frames = [(still * factor).astype(np.uint8) for factor in (1.0, 0.9, 0.8)]
    assert recording_of(frames, TIMES[:3], CHALLENGE).is_one_picture


def test_a_frame_sent_again_is_known_by_its_fingerprint(still):
    again = cv2.resize(noisy(still, 8, 1), (180, 240))
    assert is_same_picture(fingerprint(still), fingerprint(again))
    assert len(fingerprint(still)) == 32


def test_another_moment_has_another_fingerprint(still, moving):
    assert not is_same_picture(fingerprint(still), fingerprint(moving[6]))
    other = pictures.pixels(pictures.admiral().resize((240, 320)))
    assert not is_same_picture(fingerprint(still), fingerprint(other))


def test_a_recording_sent_again_is_known_mirrored_too_and_another_moment_is_not(still, moving):
    known = [fingerprint(image) for image in moving[:6]]
    again = [fingerprint(noisy(image, 4, 1)) for image in moving[:6]]
    turned = [fingerprint(np.ascontiguousarray(image[:, ::-1])) for image in moving[:6]]
    assert count_known(known, known, NEARLY_EXACT_BITS) == 6
    assert count_known(again, known, SAME_PICTURE_BITS) == 6
    assert count_known(turned, known, SAME_PICTURE_BITS) * 4 >= 6
    assert count_known([fingerprint(moving[20])], known, SAME_PICTURE_BITS) == 0
    assert count_known(again, [], SAME_PICTURE_BITS) == 0
