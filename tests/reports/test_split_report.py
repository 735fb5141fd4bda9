"""The results of a split, of the command and of a network with actions."""

import csv
import json
import types

import numpy as np
import pytest

from rmdn_tf import evaluate
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.evaluation.protocols import PROTOCOLS
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.evaluation.split_baselines import Settings
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.metrics.score_texts import read_number
from rmdn_tf.model.presets import with_changes
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.reports import split_report
from rmdn_tf.reports.comparison_sheet import ComparisonSheet
from rmdn_tf.reports.summary import summarize
from tests.helpers.made_scores import made_scores
from tests.helpers.peer_maps import LAYOUTS
from tests.helpers.quick_choices import choose_quickly, leave_out_report

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    choose_quickly(monkeypatch)


def write_peer_maps(directory):
    """Writes JPEG maps as UNISAL does; one is black, and one is missing."""
    for video_id in ("demo_00000", "demo_00001"):
        maps = np.full([96, 12, 16], 200, np.uint8)
        maps[:, 4:8, 4:8] = 255
        maps[3] *= video_id != "demo_00000"
        LAYOUTS["unisal folder"][0](directory, video_id, maps)
    (directory / "demo_00001/saliency/0005.jpg").unlink()


def test_the_command_writes_table_json_csv_pictures_and_page(
    demo_dir, tmp_path, capsys
):
    write_peer_maps(tmp_path / "maps")
    arguments = ["--data_dir", str(demo_dir), "--output_dir", f"{tmp_path}/out"]
    maps = ["--maps", f"peer={tmp_path}/maps", "--missing_maps", "skip"]
    assert evaluate.main([*arguments, *maps, "--mean", "videos"]) == 0
    printed = capsys.readouterr().out
    assert "peer: 191 maps of 2 videos, such as " in printed
    causes = "2 frames without a prediction, left out of its scores. Maps: "
    first = "1 black (first: frame 3 of "
    assert f"peer: {causes}{first}" in printed
    assert "Protocol exact, on 48 rows and 64 columns." in printed
    out = tmp_path / "out"
    assert printed.endswith(f"\nReport: {out / 'test_report.html'}\n")
    document = json.loads((out / "test_scores.json").read_text())
    assert document["dataset"] == "demo"
    assert document["mean"] == "videos"
    assert document["num_frames"] == 192
    assert document["peer_frames_without_prediction"] == 2
    assert document["peer_missing"].startswith(causes)
    assert document["scores"]["peer"]["nss"]["num_frames"] == 190
    nss = document["scores"]["TCB"]["nss"]
    assert nss["low"] < nss["mean"] < nss["high"]
    with open(out / "test_videos.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    means = [float(row["TCB.nss"]) for row in rows]
    assert np.mean(means) == pytest.approx(read_number(nss["mean"]))
    page = (out / "test_report.html").read_text()
    assert "Protocol exact" in page
    assert causes in page and "190 of 192 frames" in page
    assert len(list((out / "test_pictures").iterdir())) == 2
    assert (out / "test_densities.png").stat().st_size > 1000


@pytest.mark.parametrize("protocol", ["ntire2026", "crowdsal", "unisal"])
def test_a_protocol_chooses_what_weighs_the_same_in_a_mean(
    protocol, demo_dir, tmp_path, capsys
):
    write_peer_maps(tmp_path / "maps")
    arguments = ["--data_dir", str(demo_dir), "--output_dir", f"{tmp_path}/out"]
    arguments += ["--maps", f"peer={tmp_path}/maps", "--protocol", protocol]
    assert evaluate.main([*arguments, "--size", "12x16"]) == 0
    printed = capsys.readouterr().out
    assert f"Protocol {protocol}, on 12 rows and 16 columns." in printed
    assert "Mean over videos" in printed
    document = json.loads((tmp_path / "out/test_scores.json").read_text())
    assert document["mean"] == "videos"
    with open(tmp_path / "out/test_videos.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for metric in PROTOCOLS[protocol].metrics:
        of_videos = np.mean([float(row[f"peer.{metric}"]) for row in rows])
        shown = read_number(document["scores"]["peer"][metric]["mean"])
        assert of_videos == pytest.approx(shown), metric


@pytest.mark.parametrize("others", [[], ["--maps", "other=MAPS"]])
def test_added_maps_can_be_the_baseline(others, demo_dir, tmp_path):
    write_peer_maps(tmp_path / "maps")
    maps = [text.replace("MAPS", f"{tmp_path}/maps") for text in others]
    words = ["--data_dir", str(demo_dir), "--output_dir", f"{tmp_path}/out"]
    words += ["--maps", f"peer={tmp_path}/maps", "--baseline", "peer"]
    assert evaluate.main([*words, *maps, "--size", "12x16"]) == 0
    page = (tmp_path / "out/test_report.html").read_text()
    assert ("Best videos" in page) == bool(others)


@pytest.mark.parametrize(
    ("metric", "model", "gap"),
    [
        ("bits", 0.5, "closes 25.0% of the gap"),
        ("bits", -np.inf, None),  # A map gives a fixation no probability.
        ("nss", 0.5, None),  # A benchmark that has no bits.
    ],
)
def test_the_gap_to_the_oracle_is_told_in_bits_alone(
    metric, model, gap, capsys
):
    means = {"TCB": 0.0, "model": model, "oracle": 2.0}
    scores = Scores(tuple(means), (metric,))
    for video_id in "abc":
        values = {name: {metric: np.full(4, of)} for name, of in means.items()}
        ones = np.ones(4, int)
        scores.add(video_id, np.zeros(4, int), ones, values)
    summary = summarize(scores, reference="TCB", labels={})
    about = {"dataset": "made", "protocol_text": "A protocol."}
    split_report._print_scores(summary, about, "test", {})
    told = capsys.readouterr().out
    assert gap in told if gap else "gap" not in told


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--maps", "nowhere"], "nowhere"),
        (["--first_frame", "first"], "Invalid --first_frame"),
        (["--missing_maps", "drop"], "missing_maps"),
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
    assert not list(out.glob("*"))


def test_without_videos_to_choose_on_observers_are_not_scored(
    numbered_dataset_without_truth, demo_dir, tmp_path, capsys, monkeypatch
):
    settings = Settings(tcb_data_dir=demo_dir)
    evaluation = SplitEvaluation(
        numbered_dataset_without_truth, "train", settings
    )
    assert "human" not in evaluation.predictors
    scores = made_scores(2, ("bits",))
    monkeypatch.setattr(evaluation, "run", lambda watchers: scores)
    monkeypatch.setattr(ComparisonSheet, "save", lambda sheet, path: None)
    split_report.write_results(evaluation, "train", tmp_path)
    told = capsys.readouterr().out
    assert "human not scored: Invalid `split`" in told
    # Baselines alone are not corrected for their number.
    assert "\n  p " in told and "Holm" not in told


def test_the_scores_of_a_split_hold_its_actions(
    tiny_model, labelled, tmp_path, capsys, monkeypatch
):
    leave_out_report(monkeypatch)
    config = with_changes(tiny_model, input_size=(32, 32), actions=("a", "b"))
    model = build_rmdn(config)
    split_report.evaluate_model(model, config, labelled, "test", tmp_path)
    actions = json.loads((tmp_path / "test_actions.json").read_text())
    # Without the videos that the share of TCB was chosen on.
    labels = {v: of.labels for v, of in read_videos(labelled, "test").items()}
    assert actions["videos"].keys() == {v for v in labels if labels[v]}
    losses = []
    for video_id, of in actions["videos"].items():
        assert set(of["labels"]) == set(labels[video_id])
        assert sum(of["probabilities"]) == pytest.approx(1)
        shown = [name in of["labels"] for name in actions["actions"]]
        losses.append(-np.log(of["probabilities"])[shown].mean())
    loss = actions["scores"]["action_loss"]["mean"]
    assert loss == pytest.approx(np.mean(losses))
    assert "actions of 3 videos: loss" in capsys.readouterr().out


def test_a_split_without_the_actions_is_scored_for_its_densities_alone(
    tiny_model, tmp_path, capsys
):
    config = with_changes(tiny_model, actions=("x", "y"))
    evaluation = types.SimpleNamespace(labels={"video": ("a",)})
    path = tmp_path / "test_actions.json"
    split_report._write_actions(None, config, evaluation, path)
    assert "not scored" in capsys.readouterr().out
    assert not path.exists()
