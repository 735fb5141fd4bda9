"""A frame whose map is missing or black has no prediction: it is counted."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.evaluation import evaluation_loop
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.inter_observer import Blur, LeaveOneOut
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.evaluation.predictors import Maps, Static
from rmdn_tf.evaluation.protocols import PROTOCOLS
from rmdn_tf.metrics.score_ranges import FITTED
from tests.helpers.made_gaze import make_video, without_fixations
from tests.helpers.written_maps import made_levels, write_array, write_png

SIZE = (6, 8)
VIDEO = make_video("a", num_frames=6)
MISSING, BLACK = 2, 4


@pytest.fixture
def directory(tmp_path):
    """Maps of six frames, without one, and with a black one."""
    for frame in range(VIDEO.num_frames):
        levels = made_levels(frame) * (frame != BLACK)
        if frame != MISSING:
            write_png(tmp_path / f"a/{frame + 1:04d}.png", levels)
    return tmp_path


def scores_of(directory, missing, protocol="exact", video=VIDEO):
    maps = MapDirectory(directory, missing=missing)
    batch = {
        "frame_mask": tf.ones([1, video.num_frames], tf.bool),
        "video_id": tf.constant(["a"]),
        "first_frame": tf.constant([0]),
    }
    # The other video gives the negatives of the shuffled AUC.
    videos = {"a": video, "b": make_video("b", num_frames=6, seed=1)}
    return maps, evaluate(
        {
            "maps": Maps(maps, 0.01),
            "uniform": Static(None),
            "human": LeaveOneOut(Blur(0.03, 0.1)),
        },
        [batch],
        videos,
        PROTOCOLS[protocol](videos, 0.03, size=SIZE),
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_frames_without_a_prediction_are_skipped_or_uniform(
    directory, protocol
):
    maps, skipped = scores_of(directory, "skip", protocol)
    assert maps.num_without_prediction == 2
    maps, uniform = scores_of(directory, "uniform", protocol)
    assert maps.num_without_prediction == 2
    # The formula of MIT has no gain over a constant baseline.
    for metric in set(skipped.metrics) - {"information_gain"}:
        total, count = skipped.by_video("maps", metric)
        # UNISAL has the AUCs of frames 2, 3 and 5.
        is_half = protocol == "unisal" and metric.startswith("auc")
        assert count == (2 if is_half else 4)
        if metric.endswith(FITTED):  # Other frames are fitted by other numbers.
            continue
        total_of_all, count_of_all = uniform.by_video("maps", metric)
        of_uniform, _, _ = uniform.in_common("uniform", "maps", metric)
        _, of_kept, _ = skipped.in_common("maps", "uniform", metric)
        expected = total + of_uniform - of_kept
        if count_of_all == (
            3 if is_half else 6
        ):  # A constant map has no CC in some protocols.
            np.testing.assert_allclose(total_of_all, expected, rtol=1e-6)
        else:
            np.testing.assert_allclose(total_of_all, total)


def test_a_frame_without_prediction_and_fixation_is_skipped_too(
    directory, monkeypatch
):
    """UNISAL scores frames without a fixation, in parts of any length."""
    video = without_fixations(VIDEO, [MISSING])
    monkeypatch.setattr(evaluation_loop, "PIXELS_AT_ONCE", 1)
    _, scores = scores_of(directory, "skip", "unisal", video)
    assert scores.by_video("maps", "nss")[1] == 4
    for name in ("uniform", "human"):
        assert scores.by_video(name, "nss")[1] == 6
    assert scores.num_without_fixation["a"] == 1
    _, scores = scores_of(directory, "skip", "dhf1k", video)
    assert scores.by_video("uniform", "nss")[1] == 5


def test_the_causes_are_counted_with_the_first_file(directory):
    maps, _ = scores_of(directory, "uniform")
    text = maps.describe_missing()
    assert text.startswith("2 frames without a prediction, scored as the uni")
    assert (
        f"1 black (first: frame 4 of 'a' in '{directory}/a/0005.png')" in text
    )
    assert f"1 missing (first: frame 2 of 'a' in '{directory}/a')" in text
    maps, _ = scores_of(directory, "skip")
    assert "left out of its scores" in maps.describe_missing()


def test_whole_maps_have_nothing_to_tell(tmp_path):
    write_array(tmp_path / "a.npy", np.ones([6, *SIZE]))
    maps, _ = scores_of(tmp_path, "uniform")
    assert (maps.num_without_prediction, maps.describe_missing()) == (0, "")


@pytest.mark.parametrize("frame", [MISSING, BLACK])
def test_they_may_be_errors(directory, frame):
    maps = MapDirectory(directory)
    with pytest.raises(MapError, match=f"of frame {frame}, .*--missing_maps"):
        maps.densities("a", np.array([frame]), *SIZE)


@pytest.mark.parametrize("invalid", [np.nan, np.inf, -1.0])
def test_an_invalid_map_stays_an_error(tmp_path, invalid):
    array = np.ones([6, *SIZE])
    array[3, 0, 0] = invalid
    write_array(tmp_path / "a.npy", array)
    for missing in ("uniform", "skip"):
        with pytest.raises(MapError, match="Invalid map of frame 3"):
            scores_of(tmp_path, missing)


def test_an_unknown_fate_is_told_which_there_are(tmp_path):
    with pytest.raises(ValueError, match="Invalid `missing`.*'skip'"):
        MapDirectory(tmp_path, missing="drop")
