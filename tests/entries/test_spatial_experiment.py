"""The folds of the spatial experiment, and the competitor in its table."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.spatial.datasets import write_fold
from experiments.spatial.folds import NUM_FOLDS, deal, scene_of
from experiments.spatial.motion import MotionTimesCentre
from experiments.spatial.reliability import mass_above
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.evaluation.frames import frames_of_batch
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.prediction.attention_model import load

pytestmark = pytest.mark.slow

CLIPS = ["Vidyo1", "Vidyo3", "Yan", "Lee", "Kimono", "Johnny", "Cactus"]


def test_every_clip_is_held_out_once_and_no_scene_is_on_both_sides():
    folds = deal(CLIPS)
    assert sorted(v for fold in folds for v in fold) == sorted(CLIPS)
    assert len(folds) == NUM_FOLDS
    scenes = [{scene_of(v) for v in fold} for fold in folds]
    for number, own in enumerate(scenes):
        for other in scenes[number + 1 :]:
            assert not own & other


def test_a_fold_is_the_same_shards_with_other_splits(demo_dir, tmp_path):
    fold = tmp_path / "fold"
    write_fold(demo_dir, fold, ["demo_00003"])
    assert [*read_videos(fold, "test")] == ["demo_00003"]
    before = read_dataset_info(demo_dir).splits.values()
    after = read_dataset_info(fold).splits.values()
    for key in ("num_videos", "num_frames", "num_fixations"):
        assert sum(getattr(s, key) for s in after) == sum(
            getattr(s, key) for s in before
        )
    assert len(read_videos(fold, "train")) == 11


def test_what_moves_is_predicted(demo_dir):
    batch = next(
        iter(ordered_windows(demo_dir, "test", batch_size=1, window=Window()))
    )
    still = np.full(batch["frames"].shape, 128, np.uint8)
    still[:, CONTEXT + 1, 10:20, 40:50] = 255
    batch = {**batch, "frames": tf.constant(still)}
    predictor = MotionTimesCentre()
    frames = next(frames_of_batch(batch, read_videos(demo_dir, "test")))
    maps = predictor.log_maps(frames.select(slice(0, 2)), (48, 64))
    assert maps.shape == (2, 48, 64)
    assert np.unravel_index(maps[0].argmax(), (48, 64)) == (23, 31)
    row, column = np.unravel_index(maps[1].argmax(), (48, 64))
    assert 12 <= row <= 22 and 36 <= column <= 48


def _scores(video_id, predictors=("a",)):
    scores = Scores(predictors, ("nss",))
    values = {name: {"nss": np.array([1.0, 3.0])} for name in predictors}
    scores.add(video_id, np.array([0, 1]), np.array([1, 1]), values)
    return scores


def test_scores_of_folds_are_those_of_all_videos():
    scores = _scores("one")
    scores.extend(_scores("two"))
    assert scores.video_ids == ["one", "two"]
    assert scores.mean("a", "nss") == 2
    with pytest.raises(ValueError, match="two"):
        scores.extend(_scores("two"))
    with pytest.raises(ValueError, match="predictors|Expected scores"):
        scores.extend(_scores("three", ("b",)))


def test_the_model_that_comes_along_looks_at_what_moves_and_sums_to_1():
    model = load()
    frames = np.full((6, 120, 160, 3), 90, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (6, 30, 30, 3))
    for number in range(6):
        frames[number, 70:100, 20 + 3 * number : 50 + 3 * number] = noise[0]
    *_, (_, density) = model.stream(frames, 10)
    saliency_map = density.saliency_map(60, 80)
    np.testing.assert_allclose(saliency_map.sum(), 1, rtol=1e-5)
    row, column = np.unravel_index(saliency_map.argmax(), (60, 80))
    assert 30 <= row <= 54 and 10 <= column <= 40
    assert model.config.frames_per_second


def test_right_densities_have_uniform_mass_above_and_narrow_ones_have_not():
    rng = np.random.default_rng(0)
    densities = rng.dirichlet(np.full(48, 0.5), 400).reshape(400, 6, 8)
    drawn = np.array([rng.choice(48, 30, p=d.ravel()) for d in densities])
    points = np.stack([(drawn % 8 + 0.5) / 8, (drawn // 8 + 0.5) / 6], -1)
    mask = np.full(drawn.shape, True)
    mass = mass_above(densities, points, mask)
    assert len(mass) == mask.sum()
    # Half of a pixel is a step: compared at the middle only.
    assert abs(mass.mean() - 0.5) < 0.01
    narrow = densities**2
    narrow /= narrow.sum(axis=(1, 2), keepdims=True)
    assert mass_above(narrow, points, mask).mean() > 0.55
