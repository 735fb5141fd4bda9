"""The experiment of quality: its distortions and its count of agreements."""

import numpy as np

from experiments.applications.distortions import blurred_around, noisy_quarters
from experiments.applications.quality import JUDGED, WEIGHTS, agreements

LUMA = np.random.default_rng(0).integers(0, 256, (48, 64)).astype(np.uint8)


def error(version, rows=slice(None), columns=slice(None)):
    return np.square(version - LUMA)[rows, columns].mean()


def test_all_versions_of_a_frame_are_equally_wrong():
    places = [(0.2, 0.3), (0.8, 0.8), (0.5, 0.5)]
    for versions in (blurred_around(LUMA, places), noisy_quarters(LUMA, 1)):
        errors = [error(version) for version in versions]
        np.testing.assert_allclose(errors, errors[0])
        assert errors[0] > 10


def test_a_place_stays_sharp():
    (left, right) = blurred_around(LUMA, [(0.1, 0.5), (0.9, 0.5)])
    columns = slice(0, 13)
    assert error(left, columns=columns) < error(right, columns=columns) / 2


def test_noise_stays_in_its_quarter():
    versions = list(noisy_quarters(LUMA, 1))
    assert error(versions[1], slice(0, 24), slice(0, 32)) == 0
    assert error(versions[1], slice(0, 24), slice(32, 64)) > 10


def test_agreements_worked_out_by_hand():
    kind = "bitrate, x264 favours the model's places or none"
    errors = np.ones([2, len(WEIGHTS), 4])  # Of two metrics, four frames.
    better = errors.copy()
    # Weighted by people, the model's version has less error in three frames.
    better[0, WEIGHTS.index("people")] = 0.5, 0.5, 0.5, 1.2
    better[0, WEIGHTS.index("model")] = 0.5, 0.5, 1.1, 1.1
    better[0, WEIGHTS.index("centre")] = 1.5, 1.5, 1.5, 1.5
    scores = {"x264 model": better, "x264 none": errors}
    clips = agreements(scores, kind, "PSNR")
    frames = agreements(scores, kind, "PSNR", of_frames=True)
    found = dict(zip(JUDGED, zip(clips, frames, strict=True), strict=True))
    assert found["model", "people"] == (1, 0.75)
    assert found["centre", "people"] == (0, 0.25)
    assert found["plain", "people"] == (0.5, 0.5)  # Ties count half.


def test_a_higher_similarity_is_better():
    kind = "bitrate, x264 favours the model's places or none"
    even = np.full([2, len(WEIGHTS), 1], 0.5)
    better = even.copy()
    better[1, WEIGHTS.index("people")] = 0.6
    better[1, WEIGHTS.index("model")] = 0.4
    scores = {"x264 model": better, "x264 none": even}
    found = agreements(scores, kind, "SSIM")
    assert found[JUDGED.index(("model", "people"))] == 0


def test_small_differences_may_be_left_out():
    kind = "bitrate, x264 favours the model's places or none"
    errors = np.ones([2, len(WEIGHTS), 1])
    scores = {"x264 model": errors * 0.8, "x264 none": errors}
    assert (agreements(scores, kind, "PSNR", least=0.9) == 1).all()
    assert np.isnan(agreements(scores, kind, "PSNR", least=1.0)).all()
