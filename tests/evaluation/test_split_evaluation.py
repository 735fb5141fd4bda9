"""Models, maps and baselines on one split."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.protocols import PROTOCOLS
from rmdn_tf.evaluation.split_baselines import EXTRAS, Settings
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.model.moments import parameters_from_moments
from tests.helpers.quick_choices import choose_quickly
from tests.helpers.written_maps import write_array, write_png

pytestmark = pytest.mark.slow

STRIDE = 4
MIXTURE = parameters_from_moments(np.array([[1, 0.4, 0.6, 0.2, 0.1, 0.4]]))
SIZE = (24, 32)
VIDEOS = ("demo_00000", "demo_00001")


def predict(batch):
    """The same normal for every clip."""
    num_rows = len(batch["is_first"])
    return tf.constant(np.broadcast_to(MIXTURE, (num_rows, 13, 1, 6)))


def write_maps(directory):
    """Writes arrays of a Gaussian, and PNGs with one white square."""
    rows, columns = np.mgrid[:24, :32]
    density = np.exp(-((rows - 15) ** 2 + (columns - 10) ** 2) / 50)
    square = np.zeros(SIZE, np.uint8)
    square[10:15, 10:15] = 255
    for video_id in VIDEOS:
        array = np.broadcast_to(density, (96, *SIZE))
        write_array(directory / "arrays" / f"{video_id}.npy", array)
        for frame in range(1, 97):
            write_png(directory / "pngs" / video_id / f"{frame}.png", square)


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with pytest.MonkeyPatch.context() as monkeypatch:
        choose_quickly(monkeypatch)
        yield


@pytest.fixture(scope="module")
def evaluation(demo_dir, tmp_path_factory):
    directory = tmp_path_factory.mktemp("maps")
    write_maps(directory)
    evaluation = SplitEvaluation(demo_dir, "test", Settings(size=SIZE))
    evaluation.add_model("normal", predict, STRIDE)
    for name in ("arrays", "pngs"):
        maps = MapDirectory(directory / name)
        evaluation.add_maps(name, maps)
        evaluation.add_maps(f"floored {name}", maps, 0.1)
    return evaluation


@pytest.fixture(scope="module")
def scores(evaluation):
    return evaluation.run()


def test_choices_are_made_on_another_split(evaluation, demo_dir):
    assert evaluation.about["chosen_on"] == "validation"
    assert evaluation.about["human_blur_of_width"] == 0.03
    on_validation = SplitEvaluation(demo_dir, "validation")
    assert on_validation.about["chosen_on"] == "train"
    baselines = ["uniform", "centre", "TCB", "human", "oracle"]
    assert list(on_validation.predictors) == baselines


def test_maps_that_skip_frames_are_no_baseline(demo_dir, tmp_path):
    write_maps(tmp_path)
    settings = Settings(size=SIZE, baseline="maps")
    evaluation = SplitEvaluation(demo_dir, "test", settings)
    maps = MapDirectory(tmp_path / "arrays", missing="skip")
    evaluation.add_maps("maps", maps)
    with pytest.raises(ValueError, match="Invalid `baseline`.*skip frames"):
        evaluation.run()


def test_observers_who_predict_each_other_are_no_baseline(demo_dir):
    settings = Settings(size=SIZE, baseline="human")
    evaluation = SplitEvaluation(demo_dir, "test", settings)
    assert "human" in evaluation.predictors
    with pytest.raises(ValueError, match="Invalid `baseline`.*single map"):
        evaluation.run()


def test_maps_that_predict_no_frame_are_an_error(demo_dir, tmp_path):
    for video_id in VIDEOS:
        write_array(tmp_path / f"{video_id}.npy", np.zeros([96, *SIZE]))
    evaluation = SplitEvaluation(demo_dir, "test", Settings(size=SIZE))
    evaluation.add_maps("maps", MapDirectory(tmp_path, missing="skip"))
    # Only what the test needs, to be quick.
    kept = {name: evaluation.predictors[name] for name in ("TCB", "maps")}
    evaluation.predictors = kept
    with pytest.raises(ValueError, match="Invalid maps 'maps'.* 192 black"):
        evaluation.run()


def test_a_model_is_scored_alone_and_mixed_with_the_trained_centre(
    evaluation, scores
):
    assert 0 < evaluation.about["normal+TCB_share"] < 1
    names = list(evaluation.predictors)
    assert names[4:6] == ["normal", "normal+TCB"] and names[-1] == "oracle"
    assert evaluation.added[0] == "normal"
    # The share was chosen on other videos of the same kind.
    mixed = scores.mean("normal+TCB", "bits")
    assert mixed > scores.mean("normal", "bits")
    assert scores.mean("TCB", "information_gain") == pytest.approx(0, abs=1e-9)


def test_maps_of_another_tool_score_as_densities(scores):
    means = {m: scores.mean("arrays", m) for m in scores.metrics}
    assert np.isfinite(list(means.values())).all()
    assert scores.mean("floored arrays", "auc_judd") == pytest.approx(
        means["auc_judd"], abs=1e-3
    )
    assert scores.mean("floored arrays", "bits") > means["bits"]


def test_the_report_tells_which_maps_were_found(evaluation, scores):
    assert evaluation.about["pngs_maps"].startswith("192 maps of 2 videos")
    assert evaluation.about["pngs_frames_without_prediction"] == 0
    assert not evaluation.missing


def test_maps_of_eight_bits_have_no_bits_without_a_uniform_share(scores):
    assert scores.mean("pngs", "bits") == -np.inf
    assert scores.mean("pngs", "kl") == np.inf
    assert np.isfinite(scores.mean("pngs", "auc_judd"))
    assert np.isfinite(scores.mean("floored pngs", "bits"))


@pytest.mark.parametrize(
    "protocol", [name for name in PROTOCOLS if name != "exact"]
)
def test_every_protocol_scores_everything(protocol, demo_dir, monkeypatch):
    monkeypatch.setattr(PROTOCOLS[protocol], "max_frames", 50)
    # One of them takes as many maps as there are observers.
    extras = tuple(EXTRAS) if protocol == "paper" else ("previous_frame",)
    settings = Settings(protocol, (12, 16), extras=extras)
    evaluation = SplitEvaluation(demo_dir, "test", settings)
    scores = evaluation.run()
    for name in evaluation.predictors:
        for metric in scores.metrics:
            is_constant = name == "uniform" and protocol != "paper"
            if not is_constant:
                assert np.isfinite(scores.mean(name, metric)), (name, metric)
    for name in ("oracle", "previous_frame"):
        assert scores.mean(name, "nss") > scores.mean("TCB", "nss")
    assert scores.num_frames.total() == 50
    assert 10 < scores.num_frames[VIDEOS[0]] < 40


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"protocol": "inexact"}, "Invalid `protocol`.*'exact'"),
        ({"extras": ("crowd",)}, "Invalid `extras`.*previous_frame"),
    ],
)
def test_an_unknown_setting_is_told_which_there_are(
    settings, message, demo_dir
):
    with pytest.raises(ValueError, match=message):
        SplitEvaluation(demo_dir, "test", Settings(**settings))


def test_an_unknown_baseline_and_a_name_twice_are_errors(demo_dir, tmp_path):
    evaluation = SplitEvaluation(demo_dir, "test", Settings(baseline="none"))
    with pytest.raises(ValueError, match="Invalid `baseline`.*'TCB'"):
        evaluation.run()
    with pytest.raises(ValueError, match="Invalid name.*'TCB'"):
        evaluation.add_model("TCB", predict, STRIDE, mix=False)
    evaluation.add_model("one", predict, STRIDE, mix=False)
    write_array(tmp_path / f"{VIDEOS[0]}.npy", np.ones([96, *SIZE]))
    with pytest.raises(ValueError, match=f"No maps of the video '{VIDEOS[1]}'"):
        evaluation.add_maps("maps", MapDirectory(tmp_path))
    with pytest.raises(ValueError, match="clip stride 4.*clip_stride=2"):
        evaluation.add_model("two", predict, 2)


def test_rows_of_best_maps_are_scored_only_on_request(evaluation, demo_dir):
    assert list(evaluation.rows) == list(evaluation.predictors)
    settings = Settings(size=SIZE, optimal_maps=True)
    asked = SplitEvaluation(demo_dir, "test", settings)
    asked.add_model("normal", predict, STRIDE, mix=False)
    names = list(asked.rows)
    assert names[-4:] == [
        "normal",
        "normal, best maps",
        "oracle",
        "oracle, best maps",
    ]
    assert list(asked.descriptions) == names
    assert "sim" in asked.about["best_maps"]
    assert "normal, best maps" not in asked.predictors
    with pytest.raises(ValueError, match="Invalid name of a model"):
        asked.add_model("oracle, best maps", predict, STRIDE, mix=False)
