"""Summaries of scores."""

import json
import math
import tracemalloc

import numpy as np
import pytest

from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.metrics.intervals import mean_interval, paired_difference
from rmdn_tf.metrics.score_ranges import range_of
from rmdn_tf.metrics.score_texts import read_number
from rmdn_tf.reports.summary import SECONDS, summarize
from tests.helpers.made_scores import (
    METRICS,
    PREDICTORS,
    made_labels,
    made_scores,
)

NAN = math.nan


def scores_of(videos):
    """Returns scores of video -> (predictor -> values), a second a frame."""
    predictors = next(iter(videos.values()))
    scores = Scores(predictors, ("nss",))
    for video_id, rows in videos.items():
        values = {p: {"nss": np.array(row)} for p, row in rows.items()}
        num_frames = len(next(iter(rows.values())))
        blank = np.all([np.isnan(of["nss"]) for of in values.values()], axis=0)
        scores.add(
            video_id,
            np.arange(num_frames),
            np.where(blank, 0, 2),
            values,
        )
    return scores


@pytest.fixture
def two_videos():
    return scores_of(
        {
            "a": {"TCB": [0.0, 1.0, NAN], "model": [1.0, 3.0, NAN]},
            "b": {"TCB": [2.0, 2.0, 2.0, 2.0], "model": [5.0, 5.0, 5.0, 6.0]},
        }
    )


def summary_of(scores, **options):
    return summarize(scores, **{"reference": "TCB", "labels": {}} | options)


def test_a_long_video_among_many_takes_no_memory_for_each():
    row = np.random.default_rng(0).random(50_000)
    lengths = [50_000, *[9] * 199]
    videos = {f"{i}": {"TCB": row[:n]} for i, n in enumerate(lengths)}
    scores = scores_of(videos)
    tracemalloc.start()
    seconds = summary_of(scores)["seconds"]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A number for each second of each video would take 80 MB.
    assert most < 10e6
    assert sum(of["scores"]["TCB"]["nss"]["num_frames"] for of in seconds) == (
        sum(lengths)
    )


def test_it_counts_what_there_is(two_videos):
    summary = summary_of(two_videos)
    assert summary["num_videos"] == 2
    assert summary["num_frames"] == 7
    assert summary["num_frames_without_fixation"] == 1
    assert summary["num_fixations"] == 12


@pytest.mark.parametrize(
    ("mean", "score", "difference", "sums", "others", "counts"),
    [
        ("frames", 25 / 6, 16 / 6, [4, 21], [1, 8], [2, 4]),
        ("videos", 3.625, 2.375, [2, 5.25], [0.5, 2], [1, 1]),
    ],
)
def test_frames_or_videos_weigh_the_same(
    two_videos, mean, score, difference, sums, others, counts
):
    summary = summary_of(two_videos, mean=mean)
    found = summary["scores"]["model"]["nss"]
    interval = mean_interval(np.array(sums), np.array(counts))
    assert found == {
        "mean": pytest.approx(score, rel=1e-12),
        "low": pytest.approx(interval.low, rel=1e-12),
        "high": pytest.approx(interval.high, rel=1e-12),
        "num_videos": 2,
        "num_frames": 6,
    }
    paired = paired_difference(
        np.array(sums), np.array(others), np.array(counts)
    )
    assert summary["differences"] == {
        "model": {
            "nss": {
                "mean": pytest.approx(difference, rel=1e-12),
                "low": pytest.approx(paired.low, rel=1e-12),
                "high": pytest.approx(paired.high, rel=1e-12),
                "p_value": paired.p_value,
                "p_holm": paired.p_value,
                "num_comparisons": 1,
                "num_videos": 2,
                "num_frames": 6,
            }
        }
    }


def test_a_metric_is_summed_up_as_if_it_were_alone():
    generator = np.random.default_rng(0)
    metrics = ("nss", "shuffled", "bits")
    frames = generator.normal(size=(4, 2, 3, 30)) * [[[1], [5], [9]]]
    # Some metrics have a score in fewer frames than others.
    frames[:2, :, 1, :20] = NAN

    def summary_of_metrics(places):
        scores = Scores(("TCB", "model"), [metrics[i] for i in places])
        for index, (of_tcb, of_model) in enumerate(frames):
            values = {
                "TCB": {metrics[i]: of_tcb[i] for i in places},
                "model": {metrics[i]: of_model[i] for i in places},
            }
            seconds, fixations = np.arange(30) // 9, np.ones(30, int)
            scores.add(str(index), seconds, fixations, values)
        return summary_of(scores, labels=dict.fromkeys("012", "x"))

    together = summary_of_metrics([0, 1, 2])
    for place, metric in enumerate(metrics):
        alone = summary_of_metrics([place])
        for part, other in [
            (together, alone),
            (together["classes"]["x"], alone["classes"]["x"]),
            *zip(together["seconds"], alone["seconds"], strict=True),
        ]:
            for key in {"scores", "differences"} & part.keys():
                for predictor, of in part[key].items():
                    assert tuple(of) == metrics
                    assert of[metric] == pytest.approx(
                        other[key][predictor][metric], rel=1e-9
                    )


@pytest.mark.parametrize("mean", ["frames", "videos"])
def test_a_video_without_a_score_is_in_no_mean(mean):
    rows = {"TCB": [1.0, 2.0], "model": [2.0, 4.0]}
    blank = {"TCB": [NAN], "model": [NAN]}
    with_blank = summary_of(scores_of({"a": rows, "b": rows, "c": blank}))
    without = summary_of(scores_of({"a": rows, "b": rows}))
    assert with_blank["scores"] == without["scores"]
    assert with_blank["differences"] == without["differences"]
    assert with_blank["videos"]["c"]["scores"]["model"]["nss"] is None
    assert with_blank["videos"]["c"]["differences"]["model"]["nss"] is None


def test_a_difference_is_of_the_frames_that_both_have_a_score_in():
    rows = {"TCB": [1.0, 100.0], "human": [4.0, NAN]}
    summary = summary_of(scores_of({"a": rows, "b": rows}))
    difference = summary["differences"]["human"]["nss"]
    assert (difference["mean"], difference["num_frames"]) == (3.0, 2)
    assert summary["scores"]["TCB"]["nss"]["num_frames"] == 4
    assert summary["scores"]["human"]["nss"]["num_frames"] == 2
    assert summary["videos"]["a"]["differences"]["human"]["nss"] == 3.0


def test_a_class_is_summed_up_as_its_videos_alone_would_be():
    videos = {
        name: {"TCB": [i, 2.0 * i], "model": [3.0 * i, i]}
        for i, name in enumerate("abcd")
    }
    labels = {"a": ("run", "sit"), "b": ("run",), "c": ("sit", "sit"), "z": "x"}
    classes = summary_of(scores_of(videos), labels=labels)["classes"]
    assert list(classes) == ["run", "sit"]
    for label, members in [("run", "ab"), ("sit", "ac")]:
        alone = summary_of(scores_of({v: videos[v] for v in members}))
        for key in ("num_videos", "scores"):
            assert classes[label][key] == alone[key]
        one = classes[label]["differences"]["model"]["nss"]
        # The p-values are corrected for both classes.
        assert (one.pop("num_comparisons"), one.pop("p_holm")) == (2, 1.0)
        other = alone["differences"]["model"]["nss"]
        assert one.items() <= other.items()


def test_time_tells_the_first_seconds_from_the_later_ones():
    rows = {"TCB": [5.0, 3.0, 1.0], "model": [1.0, 1.0, 1.0]}
    more = {"TCB": [7.0, 3.0, NAN], "model": [1.0, 1.0, NAN]}
    seconds = summary_of(scores_of({"a": rows, "b": rows, "c": more}))[
        "seconds"
    ]
    assert [(of["begin"], of["end"]) for of in seconds] == [
        (0, 1),
        (1, 2),
        (2, 3),
    ]
    assert [of["num_videos"] for of in seconds] == [3, 3, 2]
    means = [of["scores"]["TCB"]["nss"]["mean"] for of in seconds]
    np.testing.assert_allclose(means, [17 / 3, 3, 1], rtol=1e-12)


@pytest.mark.parametrize(
    ("lengths", "last"),
    [
        ([4, 4], (3, 4)),
        ([4, 2], (1, 4)),
        ([12, 12], (10, 15)),
        ([12, 700], (10, 700)),
        ([700, 700], (600, 700)),
        ([3, 3, 3, 200], (2, 300)),
        ([3], (2, 3)),
    ],
)
def test_the_last_bin_holds_two_videos_where_there_are_two(lengths, last):
    videos = {
        str(i): {"TCB": np.ones(length)} for i, length in enumerate(lengths)
    }
    seconds = summary_of(scores_of(videos))["seconds"]
    assert (seconds[-1]["begin"], seconds[-1]["end"]) == last


@pytest.mark.parametrize("num_videos", [1, 2, 5, 23])
def test_bins_of_time_hold_every_frame_once(num_videos):
    summary = summary_of(made_scores(num_videos, ("bits",)))
    bins = summary["seconds"]
    assert bins[0]["begin"] == 0
    for before, after in zip(bins, bins[1:], strict=False):
        assert before["end"] == after["begin"]
    for of in bins:
        assert of["num_videos"] >= min(2, num_videos)
        assert {of["begin"], of["end"]} <= set(SECONDS)
    for name in PREDICTORS:
        entries = [of["scores"][name]["bits"] for of in bins]
        total = summary["scores"][name]["bits"]["num_frames"]
        assert sum(entry["num_frames"] for entry in entries) == total


@pytest.mark.parametrize("num_videos", [3, 23])
def test_means_lie_in_their_intervals_and_these_in_the_ranges(num_videos):
    scores = made_scores(num_videos)
    summary = summary_of(scores, labels=made_labels(scores.video_ids))
    parts = [summary, *summary["classes"].values(), *summary["seconds"]]
    entries = [
        (metric, entry, key)
        for part in parts
        for key in {"scores", "differences"} & part.keys()
        for of in part[key].values()
        for metric, entry in of.items()
    ]
    for metric, entry, key in entries:
        limits = range_of(metric)
        if key == "differences":
            limits = limits.of_differences()
        numbers = [read_number(entry[key]) for key in ("low", "mean", "high")]
        ordered = [limits.low, *numbers, limits.high]
        assert np.isnan(numbers).any() or ordered == sorted(ordered)


def test_it_is_json_and_comes_back_the_same():
    scores = made_scores(5)
    summary = summary_of(scores, labels=made_labels(scores.video_ids))
    text = json.dumps(summary, allow_nan=False)
    assert json.loads(text) == summary
    assert list(summary["videos"]) == scores.video_ids
    assert summary["predictors"] == list(PREDICTORS)
    assert summary["metrics"] == list(METRICS)


def test_one_video_has_means_but_no_interval():
    summary = summary_of(scores_of({"a": {"TCB": [1.0], "model": [3.0]}}))
    difference = summary["differences"]["model"]["nss"]
    assert difference["mean"] == 2.0
    assert difference["low"] is None and difference["high"] is None
    assert summary["scores"]["TCB"]["nss"]["low"] is None
    json.dumps(summary, allow_nan=False)


def test_infinite_scores_are_texts_in_json():
    rows = {"TCB": [1.0, -np.inf], "model": [-np.inf, 2.0]}
    even = {"TCB": [1.0, 1.0], "model": [2.0, 2.0]}
    summary = summary_of(scores_of({"a": rows, "b": even}))
    assert summary["scores"]["model"]["nss"]["mean"] == "-inf"
    assert summary["scores"]["model"]["nss"]["low"] is None
    assert summary["differences"]["model"]["nss"]["mean"] is None
    assert summary["videos"]["a"]["scores"]["TCB"]["nss"] == "-inf"
    assert summary["videos"]["a"]["differences"]["model"]["nss"] is None
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_best_maps_are_compared_with_the_best_maps_of_the_reference():
    names = ["uniform", "TCB", "TCB, best maps", "model", "model, best maps"]
    videos = np.random.default_rng(0).normal(size=(4, len(names), 5))
    rows = {
        str(number): dict(zip(names, map(list, of), strict=True))
        for number, of in enumerate(videos)
    }
    summary = summary_of(scores_of(rows))
    assert summary["references"] == {
        "uniform": "TCB",
        "model": "TCB",
        "model, best maps": "TCB, best maps",
    }
    for of in (summary, *summary["videos"].values()):
        assert of["differences"].keys() == summary["references"].keys()
    assert (
        summary["power"]["differences"].keys() == summary["references"].keys()
    )
    gains = (videos[:, 4] - videos[:, 2]).mean(-1)
    best = summary["differences"]["model, best maps"]["nss"]
    assert best["mean"] == pytest.approx(gains.mean())
    of_videos = [
        of["differences"]["model, best maps"]["nss"]
        for of in summary["videos"].values()
    ]
    assert of_videos == pytest.approx(gains)
    spread = summary["power"]["differences"]["model, best maps"]["nss"]
    assert spread["spread"] == pytest.approx(np.std(gains, ddof=1))


def test_best_maps_are_compared_with_a_reference_that_has_none():
    values = {"uniform": [0.0], "TCB": [1.0], "TCB, best maps": [2.0]}
    scores = scores_of({"a": values, "b": values})
    summary = summary_of(scores, reference="uniform")
    assert set(summary["references"].values()) == {"uniform"}
    best = summary["differences"]["TCB, best maps"]["nss"]
    assert best["mean"] == 2


@pytest.mark.parametrize(
    "options", [{"mean": "median"}, {"reference": "nobody"}]
)
def test_it_says_what_it_cannot_do(two_videos, options):
    (key, value), *_ = options.items()
    with pytest.raises(ValueError, match=f"Invalid `{key}`.*{value}"):
        summary_of(two_videos, **options)
