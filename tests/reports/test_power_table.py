"""What differences the videos of an evaluation can find."""

import json

import numpy as np
import pytest

from rmdn_tf.metrics.comparisons import smallest_difference
from rmdn_tf.reports.power_table import describe_power
from rmdn_tf.reports.summary import summarize
from rmdn_tf.reports.tables import format_table
from tests.helpers.made_scores import made_labels, made_scores


def summary_of(num_videos=23, compared=("model", "model+TCB"), **options):
    scores = made_scores(num_videos, ("bits", "cc"))
    return summarize(
        scores,
        reference="TCB",
        labels=made_labels(scores.video_ids),
        compared=compared,
        **options,
    )


def test_the_spread_is_that_of_the_differences_of_the_videos():
    summary = summary_of(mean="videos")
    gains = [
        of["differences"]["model"]["bits"] for of in summary["videos"].values()
    ]
    entry = summary["power"]["differences"]["model"]["bits"]
    assert entry["num_videos"] == 23
    assert entry["spread"] == pytest.approx(np.std(gains, ddof=1))
    numbers = [one["num_videos"] for one in entry["smallest"]]
    assert numbers == [23, 46, 92, 230]
    for one in entry["smallest"]:
        expected = smallest_difference(entry["spread"], one["num_videos"])
        assert one["difference"] == pytest.approx(expected)


def test_smaller_differences_need_more_videos_than_there_are():
    summary = summary_of()
    for of in summary["power"]["differences"].values():
        for entry in of.values():
            needed = [one["num_videos"] for one in entry["needed"]]
            assert len(needed) == 3 and 23 < needed[0] < needed[1] < needed[2]
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_a_sentence_tells_the_numbers():
    summary = summary_of()
    entry = summary["power"]["differences"]["model"]["bits"]
    text = describe_power(summary, "model", "bits")
    assert text.startswith("model - TCB, bits: 23 videos find ")
    first = entry["needed"][0]
    assert f"{first['difference']:g} needs {first['num_videos']:,}" in text


@pytest.mark.parametrize("num_videos", [1, 4])
def test_too_few_videos_see_nothing_and_say_what_more_would(num_videos):
    summary = summary_of(num_videos)
    entry = summary["power"]["differences"]["model"]["bits"]
    assert entry["smallest"][0]["difference"] in (None, "inf")
    text = describe_power(summary, "model", "bits")
    assert "inf" not in text and "nan" not in text
    json.dumps(summary, allow_nan=False)


def test_p_values_are_corrected_for_the_compared_models_alone():
    summary = summary_of()
    assert summary["compared"] == ["model", "model+TCB"]
    for metric in ("bits", "cc"):
        of = {n: d[metric] for n, d in summary["differences"].items()}
        for name in ("model", "model+TCB"):
            raw, corrected = of[name]["p_value"], of[name]["p_holm"]
            assert raw <= corrected <= min(1, 2 * raw) + 1e-12
            assert of[name]["num_comparisons"] == 2
        assert "p_holm" not in of["centre"]
    # Of the classes, all are compared at once.
    number = 2 * len(summary["classes"])
    for group in summary["classes"].values():
        entry = group["differences"]["model"]["bits"]
        assert entry["num_comparisons"] == number
    table = format_table(summary)
    assert "  p, Holm (k=2)" in table
    assert "p, Holm (k=...): corrected by Holm's method for k compar" in table


def test_one_comparison_is_not_corrected():
    summary = summary_of(compared=("model", "TCB"))
    entry = summary["differences"]["model"]["bits"]
    assert summary["compared"] == ["model"]
    assert entry["p_holm"] == pytest.approx(entry["p_value"])
    assert "Holm" not in format_table(summary)
