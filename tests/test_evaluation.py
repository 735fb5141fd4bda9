"""Scores of models and baselines over a split."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from rmdn_tf import evaluation, metrics
from rmdn_tf.input_pipeline import all_fixations, ordered_windows
from rmdn_tf.mixture import parameters_from_moments
from rmdn_tf.windows import Window

GRID = evaluation.Grid(24, 32)


@pytest.fixture(scope="module")
def scores(demo_dir):
    predictors = evaluation.static_predictors(
        all_fixations(demo_dir, "train"), GRID
    )
    predictors["oracle"] = evaluation.oracle(GRID)
    return evaluation.evaluate(predictors, _batches(demo_dir), GRID)


def _counts(batch, chosen):
    return metrics.count_fixations(
        batch["fixations"].numpy()[chosen],
        batch["fixation_mask"].numpy()[chosen],
        GRID.height,
        GRID.width,
    )


def _batches(demo_dir):
    return ordered_windows(
        demo_dir, "test", batch_size=2, window=Window(clip_stride=4)
    )


def test_every_frame_of_the_split_is_scored_once(scores):
    assert len(scores.num_fixations) == 2 * 96
    ids, counts = np.unique(scores.video_ids, return_counts=True)
    assert list(ids) == ["demo_00000", "demo_00001"]
    assert list(counts) == [96, 96]


def test_the_uniform_density_scores_as_it_must(scores):
    assert scores.mean("uniform", "bits") == pytest.approx(0, abs=1e-12)
    assert scores.mean("uniform", "auc_judd") == pytest.approx(0.5)
    assert scores.mean("uniform", "nss") == pytest.approx(0, abs=1e-9)
    assert scores.mean("uniform", "cc") == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("metric", ["bits", "auc_judd", "nss", "cc", "sim"])
def test_the_oracle_beats_every_baseline_in_every_metric(scores, metric):
    best = scores.mean("oracle", metric)
    for baseline in ("uniform", "centre", "TCB"):
        assert best > scores.mean(baseline, metric)


def test_the_oracle_has_the_least_divergence(scores):
    divergences = {name: scores.mean(name, "kl") for name in scores.values}
    assert min(divergences, key=divergences.get) == "oracle"


def test_bits_equal_the_information_gain_of_the_maps(demo_dir):
    moments = np.array(
        [[0.7, 0.3, 0.6, 0.2, 0.1, 0.4], [0.3, 0.8, 0.2, 0.1, 0.3, -0.2]]
    )
    parameters = parameters_from_moments(moments)
    tiled = np.broadcast_to(parameters, (2, 13, 2, 6))
    predictor = evaluation.of_parameters(
        lambda batch: tf.constant(tiled), GRID, stride=4
    )
    collected = []
    scores = evaluation.evaluate(
        {"mixture": predictor},
        _batches(demo_dir).take(1),
        GRID,
        on_batch=lambda *seen: collected.append(seen),
    )
    batch, chosen, log_maps, _ = collected[0]
    counts = _counts(batch, chosen)
    maps = np.exp(log_maps["mixture"])
    np.testing.assert_allclose(maps.sum((1, 2)), 1, rtol=1e-9)
    np.testing.assert_allclose(
        scores.values["mixture"]["bits"],
        metrics.information_gain(maps, np.ones_like(maps), counts),
        rtol=1e-9,
    )


def test_a_density_too_peaked_for_exp_still_has_finite_bits(demo_dir):
    peaked = parameters_from_moments(np.array([[1, 0.01, 0.01, 1e-3, 1e-3, 0]]))
    tiled = np.broadcast_to(peaked, (2, 13, 1, 6))
    predictor = evaluation.of_parameters(
        lambda batch: tf.constant(tiled), GRID, stride=4
    )
    scores = evaluation.evaluate(
        {"peaked": predictor}, _batches(demo_dir).take(1), GRID
    )
    bits, kl = (scores.values["peaked"][name] for name in ("bits", "kl"))
    assert np.isfinite(bits).all()
    assert bits.mean() < -10_000
    assert np.isfinite(kl).all()
    assert kl.mean() > 10_000


def test_frames_without_fixations_change_no_mean():
    values = {
        "p": {m: np.array([1.0, np.nan, 3.0]) for m in evaluation.METRICS}
    }
    scores = evaluation.Scores(
        values, np.array(["a", "a", "b"]), np.array([4, 0, 2])
    )
    assert scores.mean("p", "nss") == 2
    assert scores.video_means("p", "nss") == {"a": 1.0, "b": 3.0}


def test_a_split_without_any_fixation_is_an_error(demo_dir):
    blind = _batches(demo_dir).map(
        lambda batch: {
            **batch,
            "fixation_mask": tf.zeros_like(batch["fixation_mask"]),
        }
    )
    predictors = {"oracle": evaluation.oracle(GRID)}
    with pytest.raises(ValueError, match="without any"):
        evaluation.evaluate(predictors, blind, GRID)


def test_one_frame_a_window_is_a_sample_of_all(demo_dir, scores):
    predictors = {"oracle": evaluation.oracle(GRID)}
    sampled = evaluation.evaluate(
        predictors, _batches(demo_dir), GRID, one_a_window=True
    )
    # 96 frames are two windows of 52, in both videos.
    expected = scores.values["oracle"]["nss"].reshape(-1)
    assert len(sampled.num_fixations) == 4
    assert set(sampled.values["oracle"]["nss"]) <= set(expected)


def test_the_sampled_frame_is_the_first_that_has_a_fixation(demo_dir):
    def blind(batch):
        seen = tf.range(52)[:, None] >= 7
        return {**batch, "fixation_mask": batch["fixation_mask"] & seen}

    predictors = {"oracle": evaluation.oracle(GRID)}
    chosen = []
    evaluation.evaluate(
        predictors,
        _batches(demo_dir).map(blind),
        GRID,
        one_a_window=True,
        on_batch=lambda batch, frames, *_: chosen.append(frames),
    )
    assert all((frames.argmax(1) == 7).all() for frames in chosen)
    assert all((frames.sum(1) == 1).all() for frames in chosen)


def test_divergence_in_log_space_equals_the_metric_of_the_maps(demo_dir):
    collected = []
    scores = evaluation.evaluate(
        {"oracle": evaluation.oracle(GRID)},
        _batches(demo_dir).take(1),
        GRID,
        on_batch=lambda *seen: collected.append(seen),
    )
    batch, chosen, log_maps, _ = collected[0]
    counts = _counts(batch, chosen)
    sigma = GRID.blur * GRID.width
    blurred = ndimage.gaussian_filter(
        counts.astype(np.float32), (0, sigma, sigma), mode="constant"
    )
    np.testing.assert_allclose(
        scores.values["oracle"]["kl"],
        metrics.kl(np.exp(log_maps["oracle"]), blurred),
        rtol=1e-5,
    )


def test_the_gap_is_measured_from_tcb_to_the_oracle():
    values = {
        name: {"bits": np.array([bits])}
        for name, bits in [("TCB", 1.0), ("model", 2.5), ("oracle", 3.0)]
    }
    scores = evaluation.Scores(values, np.array(["v"]), np.array([1]))
    assert evaluation.gap_closed(scores) == pytest.approx(0.75)


def test_the_json_file_says_what_was_computed(scores, tmp_path):
    path = tmp_path / "scores.json"
    evaluation.write_scores(scores, path, {"split": "test"})
    document = json.loads(path.read_text())
    assert document["split"] == "test"
    assert document["num_frames"] == 192
    assert document["num_frames_without_fixation"] == 0
    assert math.isclose(
        document["scores"]["TCB"]["nss"], scores.mean("TCB", "nss")
    )
    assert set(document["videos"]["TCB"]["nss"]) == set(scores.video_ids)
    assert list(tmp_path.iterdir()) == [path]


def test_the_table_has_a_row_for_every_predictor(scores):
    lines = evaluation.format_table(scores).splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(scores.values)
    assert lines[0].split() == list(evaluation.METRICS)
