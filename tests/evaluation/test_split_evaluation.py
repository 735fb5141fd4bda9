"""Models, maps and baselines on one split."""

import csv
import json

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf import evaluate
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.split_evaluation import (
    EXTRAS,
    Settings,
    SplitEvaluation,
)
from rmdn_tf.metrics.score_texts import read_number
from rmdn_tf.model.mixture import parameters_from_moments
from rmdn_tf.reports import split_report
from tests.helpers.written_maps import write_png

STRIDE = 4
MIXTURE = parameters_from_moments(np.array([[1, 0.4, 0.6, 0.2, 0.1, 0.4]]))


def _predict(batch):
    """The same normal for every clip."""
    num_rows = len(batch["is_first"])
    return tf.constant(np.broadcast_to(MIXTURE, (num_rows, 13, 1, 6)))


def test_what_is_chosen_is_chosen_on_another_split(demo_dir):
    on_test = SplitEvaluation(demo_dir, "test")
    assert on_test.about["chosen_on"] == "validation"
    assert on_test.about["human_blur_of_width"] < 0.1
    on_validation = SplitEvaluation(demo_dir, "validation")
    assert on_validation.about["chosen_on"] == "train"
    assert list(on_test.predictors) == [
        "uniform",
        "centre",
        "TCB",
        "human",
        "oracle",
    ]


def test_where_nothing_is_left_to_choose_on_observers_are_not_scored(
    numbered_dataset_without_truth, tmp_path, capsys
):
    evaluation = SplitEvaluation(numbered_dataset_without_truth, "train")
    assert "human" not in evaluation.predictors
    split_report.write_results(evaluation, "train", tmp_path)
    assert "human not scored: Invalid `videos`" in capsys.readouterr().out


def test_a_model_is_scored_alone_and_mixed_with_the_trained_centre(demo_dir):
    evaluation = SplitEvaluation(demo_dir, "test")
    evaluation.add_model("normal", _predict, STRIDE)
    assert 0 < evaluation.about["normal+TCB_share"] < 1
    assert list(evaluation.predictors)[-3:] == [
        "normal",
        "normal+TCB",
        "oracle",
    ]
    assert evaluation.ranking == "normal"
    scores = evaluation.run()
    # Chosen on other videos of the same kind, better on these too.
    mixed = scores.mean("normal+TCB", "bits")
    assert mixed > scores.mean("normal", "bits")
    assert scores.mean("TCB", "information_gain") == pytest.approx(0, abs=1e-9)


def test_maps_of_another_tool_score_as_the_density_they_were_drawn_of(
    demo_dir, tmp_path
):
    evaluation = SplitEvaluation(demo_dir, "test")
    rows, columns = np.mgrid[:48, :64]
    density = np.exp(-((rows - 30) ** 2 + (columns - 20) ** 2) / 200)
    for video_id in ("demo_00000", "demo_00001"):
        (tmp_path / video_id).mkdir()
        for frame in range(1, 97):
            np.save(tmp_path / video_id / f"{frame:04}.npy", density)
    evaluation.add_maps("maps", MapDirectory(tmp_path))
    evaluation.add_maps("floored", MapDirectory(tmp_path), 0.5)
    scores = evaluation.run()
    means = {m: scores.mean("maps", m) for m in scores.metrics}
    assert np.isfinite(list(means.values())).all()
    assert scores.mean("floored", "auc_judd") == pytest.approx(
        means["auc_judd"], abs=1e-3
    )
    assert scores.mean("floored", "bits") > means["bits"]


def test_maps_of_eight_bits_have_no_bits_without_a_uniform_share(
    demo_dir, tmp_path
):
    pixels = np.zeros((48, 64), np.uint8)
    pixels[20:30, 20:30] = 255
    for video_id in ("demo_00000", "demo_00001"):
        (tmp_path / video_id).mkdir()
        for frame in range(1, 97):
            write_png(tmp_path / video_id / f"{frame:04}.png", pixels)
    evaluation = SplitEvaluation(demo_dir, "test")
    evaluation.add_maps("maps", MapDirectory(tmp_path))
    evaluation.add_maps("floored", MapDirectory(tmp_path), 0.01)
    scores = evaluation.run()
    assert scores.mean("maps", "bits") == -np.inf
    assert scores.mean("maps", "kl") == np.inf
    assert np.isfinite(scores.mean("maps", "auc_judd"))
    assert np.isfinite(scores.mean("floored", "bits"))


@pytest.mark.parametrize("protocol", ["paper", "mit", "dhf1k"])
def test_every_protocol_scores_everything(protocol, demo_dir):
    # One of them takes as many maps as there are observers.
    extras = tuple(EXTRAS) if protocol == "paper" else ("previous_frame",)
    settings = Settings(protocol, extras=extras)
    evaluation = SplitEvaluation(demo_dir, "test", settings)
    scores = evaluation.run()
    for name in evaluation.predictors:
        for metric in scores.metrics:
            if (protocol, name) not in (
                ("mit", "uniform"),
                ("dhf1k", "uniform"),
            ):
                assert np.isfinite(scores.mean(name, metric)), (name, metric)
    assert scores.mean("oracle", "nss") > scores.mean("TCB", "nss")
    assert scores.mean("previous_frame", "nss") > scores.mean("TCB", "nss")


def test_a_protocol_with_a_sample_scores_so_many_frames(demo_dir, monkeypatch):
    monkeypatch.setattr(
        "rmdn_tf.evaluation.protocols.Dhf1kProtocol.max_frames", 50
    )
    evaluation = SplitEvaluation(demo_dir, "test", Settings("dhf1k"))
    scores = evaluation.run()
    assert scores.num_frames.total() == 50
    assert 10 < scores.num_frames["demo_00000"] < 40


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


def test_an_unknown_baseline_and_a_name_twice_are_errors(demo_dir):
    evaluation = SplitEvaluation(demo_dir, "test", Settings(baseline="none"))
    with pytest.raises(ValueError, match="Invalid `baseline`.*'TCB'"):
        evaluation.run()
    with pytest.raises(ValueError, match="Invalid name.*'TCB'"):
        evaluation.add_model("TCB", _predict, STRIDE, mix=False)
    evaluation.add_model("one", _predict, STRIDE, mix=False)
    with pytest.raises(ValueError, match="clip stride 4.*clip_stride=2"):
        evaluation.add_model("two", _predict, 2)


def test_the_command_writes_table_json_csv_pictures_and_page(
    demo_dir, tmp_path, capsys
):
    arguments = ["--data_dir", str(demo_dir), "--output_dir", f"{tmp_path}/out"]
    assert evaluate.main([*arguments, "--mean", "videos"]) == 0
    printed = capsys.readouterr().out
    assert "Protocol exact, on 48 rows and 64 columns." in printed
    out = tmp_path / "out"
    document = json.loads((out / "test_scores.json").read_text())
    assert document["dataset"] == "demo"
    assert document["mean"] == "videos"
    assert document["num_frames"] == 192
    nss = document["scores"]["TCB"]["nss"]
    assert nss["low"] < nss["mean"] < nss["high"]
    with open(out / "test_videos.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    means = [float(row["TCB.nss"]) for row in rows]
    assert np.mean(means) == pytest.approx(read_number(nss["mean"]))
    page = (out / "test_report.html").read_text()
    assert "Protocol exact" in page
    assert len(list((out / "test_pictures").iterdir())) == 2
    assert (out / "test_densities.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--maps", "nowhere"], "nowhere"),
        (["--size", "12"], "HEIGHTxWIDTH"),
        (["--pixels_per_degree", "0"], "Invalid `pixels_per_degree`"),
        (["--model", "nowhere"], "No trained model in 'nowhere'"),
        (["--baseline", "me"], "Invalid `baseline`"),
    ],
)
def test_a_wrong_flag_is_an_error_and_writes_no_scores(
    flags, message, demo_dir, tmp_path, capsys
):
    out = tmp_path / "out"
    try:
        code = evaluate.main(
            ["--data_dir", str(demo_dir), "--output_dir", str(out), *flags]
        )
    except SystemExit as error:
        code = error.code
    assert code in (1, 2)
    assert message in capsys.readouterr().err
    assert not list(out.glob("*.json"))
