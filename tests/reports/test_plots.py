"""Plots of a summary."""

import io

import numpy as np
import pytest
from matplotlib import colors, image

from rmdn_tf.reports.plots import (
    REFERENCE_COLOUR,
    colours,
    forest_plot,
    time_plot,
    title,
)
from rmdn_tf.reports.summary import summarize
from tests.helpers.made_scores import METRICS, PREDICTORS, made_scores

pytestmark = pytest.mark.slow

PLOTS = (forest_plot, time_plot)


def read(png):
    return image.imread(io.BytesIO(png))[..., :3]


def num_pixels(picture, colour):
    """Counts the pixels of a colour, up to rounding."""
    distance = np.abs(picture - colors.to_rgb(colour)).max(-1)
    return int((distance < 0.01).sum())


@pytest.fixture
def summary():
    return summarize(made_scores(5), reference="TCB", labels={})


def test_every_predictor_has_a_colour_of_its_own(summary):
    assert colours(summary).keys() == PREDICTORS.keys()
    assert len(set(colours(summary).values())) == len(PREDICTORS)
    assert colours(summary)["TCB"] == REFERENCE_COLOUR


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("metric", METRICS)
def test_a_plot_shows_every_predictor_and_is_small(summary, plot, metric):
    png = plot(summary, metric)
    assert len(png) < 100_000
    picture = read(png)
    for name, colour in colours(summary).items():
        assert num_pixels(picture, colour) > 20, name


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("value", [None, "-inf", "inf"])
def test_what_is_not_finite_leaves_the_others_in_place(summary, plot, value):
    nothing = {"mean": value, "low": None, "high": None}
    for part in (summary, *summary["seconds"]):
        part["scores"]["model"]["bits"].update(nothing)
    picture = read(plot(summary, "bits"))
    assert num_pixels(picture, colours(summary)["model"]) == 0
    assert num_pixels(picture, colours(summary)["human"]) > 20


@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_of_nothing_finite_is_still_a_picture(plot):
    scores = made_scores(1)
    summary = summarize(scores, reference="uniform", labels={})
    for part in (summary, *summary["seconds"]):
        for of in part["scores"].values():
            of["kl"].update(mean=None)
    assert read(plot(summary, "kl")).std() > 0


def test_the_forest_writes_infinity_out(summary):
    entry = summary["scores"]["model"]["bits"]
    pictures = []
    for value in (None, "-inf", "inf"):
        entry.update(mean=value, low=None, high=None)
        pictures.append(forest_plot(summary, "bits"))
    assert len(set(pictures)) == 3


def test_names_are_no_formulas(summary):
    name = "$\\frac{$"
    for key in ("scores", "differences"):
        summary[key][name] = summary[key].pop("model")
    for of in summary["seconds"]:
        of["scores"][name] = of["scores"].pop("model")
    summary["predictors"] = list(summary["scores"])
    for plot in PLOTS:
        assert read(plot(summary, "bits")).std() > 0


def test_a_distance_says_that_less_is_better():
    assert title("nss") == "nss"
    assert title("kl") == "kl (lower is better)"
