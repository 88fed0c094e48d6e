import numpy as np

from biometrics.liveness import judge_frames

ONE = np.zeros((4, 4, 3), np.uint8)
OTHER = np.ones((4, 4, 3), np.uint8)


def test_a_picture_sent_again_and_again_is_an_attack():
    judgement = judge_frames([ONE, ONE.copy(), ONE.copy()])
    assert judgement.is_attack
    assert not judgement.fact.passed
    assert judgement.fact.value == 2


def test_a_frame_repeated_by_a_slow_camera_is_dropped_not_punished():
    judgement = judge_frames([ONE, ONE.copy(), OTHER])
    assert not judgement.is_attack
    assert judgement.distinct == (0, 2)


def test_a_single_frame_is_no_attack():
    assert not judge_frames([ONE]).is_attack
    assert not judge_frames([]).is_attack


def test_pixels_of_another_shape_are_another_picture():
    assert not judge_frames([ONE, ONE.reshape(2, 8, 3)]).is_attack
