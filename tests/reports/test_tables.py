"""Tables of scores, for the screen and for spreadsheets."""

import csv
import re

import numpy as np
import pytest

from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.reports.summary import summarize
from rmdn_tf.reports.tables import (
    format_table,
    write_video_table,
)
from tests.helpers.made_scores import BEST_MAPS, made_labels, made_scores

MANY_METRICS = (
    "bits",
    "log_likelihood",
    "information_gain",
    "auc_judd",
    "auc_borji",
    "auc_shuffled",
    "nss",
    "cc",
    "sim",
    "kl",
)


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_video_table_holds_the_scores_to_the_last_bit(tmp_path):
    scores = made_scores(7)
    labels = made_labels(scores.video_ids)
    write_video_table(scores, tmp_path / "videos.csv", labels)
    rows = read(tmp_path / "videos.csv")
    assert [row["video"] for row in rows] == scores.video_ids
    for row in rows:
        video_id = row["video"]
        assert tuple(row["labels"].split(";")) == labels[video_id]
        assert int(row["frames"]) == scores.num_frames[video_id]
        assert (
            int(row["frames_without_fixation"])
            == scores.num_without_fixation[video_id]
        )
        assert int(row["fixations"]) == scores.num_fixations[video_id]
        for predictor in scores.predictors:
            for metric in scores.metrics:
                mean = scores.video_means(predictor, metric)[video_id]
                assert float(row[f"{predictor}.{metric}"]) == mean


def test_the_video_table_keeps_odd_names_and_numbers(tmp_path):
    names = ['a,"b"', "line\nbreak", "=1+1", "ünïcode"]
    scores = Scores(("TCB",), ("bits",))
    for name, value in zip(
        names, [np.nan, -np.inf, 1e-300, 1 / 3], strict=True
    ):
        values = {"TCB": {"bits": np.array([value])}}
        scores.add(name, np.array([0]), np.array([1]), values)
    write_video_table(scores, tmp_path / "videos.csv", {"=1+1": ("x, y",)})
    rows = {row["video"]: row for row in read(tmp_path / "videos.csv")}
    names[2] = "'=1+1"  # No formula for a spreadsheet.
    assert rows.keys() == set(names)
    found = [float(rows[name]["TCB.bits"]) for name in names]
    np.testing.assert_array_equal(found, [np.nan, -np.inf, 1e-300, 1 / 3])
    assert [rows[name]["labels"] for name in names] == ["", "", "x, y", ""]


def test_a_broken_video_table_is_not_left_behind(tmp_path):
    scores = made_scores(2)
    with pytest.raises(TypeError):
        write_video_table(scores, tmp_path / "videos.csv", {"video_000": 3})
    assert list(tmp_path.iterdir()) == []


def hand_made_table():
    entry = {"mean": 1.25, "low": 1.0, "high": 1.5}
    unbounded = {"mean": "-inf", "low": None, "high": None}
    nothing = {"mean": None, "low": None, "high": None}
    return {
        "mean": "videos",
        "reference": "TCB",
        "references": {"model": "TCB"},
        "confidence": 0.95,
        "num_videos": 4,
        "metrics": ["bits", "nss"],
        "scores": {
            "TCB": {"bits": entry, "nss": entry},
            "model": {"bits": unbounded, "nss": nothing},
        },
        "differences": {
            "model": {
                "bits": unbounded | {"p_value": None},
                "nss": {"mean": 2, "low": 1.9, "high": 2.1, "p_value": 0.0004},
            }
        },
    }


def test_the_table_says_what_stands_in_it():
    lines = format_table(hand_made_table()).splitlines()
    assert lines[0] == "Mean over videos, and its 95% interval over 4 videos"
    assert [re.split(" {2,}", line.strip()) for line in lines[2:]] == [
        ["bits", "nss"],
        ["TCB", "1.250", "1.250"],
        ["interval", "[1.000, 1.500]", "[1.000, 1.500]"],
        ["model", "-inf", "n/a"],
        ["interval", "no interval", "no interval"],
        ["model - TCB", "-inf", "+2.000"],
        ["interval", "no interval", "[+1.900, +2.100]"],
        ["p", "n/a", "<0.001"],
    ]


def test_of_one_video_the_table_says_that_it_is_too_few():
    scores = made_scores(1)
    text = format_table(summarize(scores, reference="TCB", labels={}))
    assert "n too small" in text and "[" not in text


@pytest.mark.parametrize("num_metrics", [1, 6, 7, 10])
def test_the_table_fits_the_screen_and_leaves_no_metric_out(num_metrics):
    metrics = MANY_METRICS[:num_metrics]
    scores = made_scores(3, metrics)
    text = format_table(summarize(scores, reference="TCB", labels={}))
    assert max(map(len, text.splitlines())) <= 120
    words = [w for w in text.split() if w in metrics]
    assert tuple(words) == metrics


def test_differences_of_best_maps_fit_the_screen():
    scores = made_scores(7, MANY_METRICS, predictors=BEST_MAPS)
    text = format_table(summarize(scores, reference="TCB", labels={}))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120
    rows = [line.split("  ")[0] for line in lines]
    assert rows.count("best maps: model+TCB - TCB") == 2
    assert not any(row.endswith("best maps - TCB") for row in rows)


def test_columns_stand_below_each_other():
    lines = format_table(hand_made_table()).splitlines()[2:]
    assert len({len(line) for line in lines}) == 1
