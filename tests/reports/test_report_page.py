"""The HTML page of an evaluation: complete, self-contained and correct."""

import base64
import html.parser
import json
import re

import numpy as np
import pytest
from matplotlib import image

from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.reports.report_page import NUM_SHOWN, describe_blur, write_report
from rmdn_tf.reports.summary import summarize
from rmdn_tf.reports.video_pictures import VideoPicture
from tests.helpers.made_scores import BEST_MAPS, made_labels, made_scores

pytestmark = pytest.mark.slow

VOID = {"meta", "img"}
ABOUT = {
    "dataset": "made-up",
    "split": "test",
    "protocol_text": "Every metric by its definition.",
    "resolution": "128 x 171",
    "model_path": "runs/small/best",
    "version": "0.1.0",
}


class Page(html.parser.HTMLParser):
    """Parses a page; raises if its tags do not pair up."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self._open = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, text):
        if "style" not in self._open and text.strip():
            self.texts.append(text.strip())

    @property
    def text(self):
        return " ".join(self.texts)

    def images(self):
        """Returns the bytes of each picture."""
        sources = [v for tag, key, v in self.attributes if key == "src"]
        return [base64.b64decode(v.split(",")[1]) for v in sources]


def written(tmp_path, summary, about=ABOUT, **options):
    write_report(tmp_path / "report.html", summary, about, **options)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def summary():
    scores = made_scores(12, ("bits", "kl"))
    labels = made_labels(scores.video_ids)
    return summarize(scores, reference="TCB", labels=labels)


@pytest.fixture
def pictures(tmp_path, summary):
    paths = {}
    for number, video_id in enumerate(list(summary["videos"])[1:]):
        suffix = ("png", "jpg")[number % 2]
        path = tmp_path / f"{number}.{suffix}"
        image.imsave(path, np.full([4, 6], number), vmax=12)
        paths[video_id] = VideoPicture(path, number + 0.25, ("gaze", "TCB"))
    return paths


def test_the_page_needs_nothing_beside_itself(tmp_path, summary, pictures):
    text = written(tmp_path, summary, model="model", pictures=pictures)
    page = Page(text)
    assert "script" not in page.tags and "link" not in page.tags
    for _, key, value in page.attributes:
        assert key != "href" and not key.startswith("on")
        assert key != "src" or value.startswith("data:image/")
    without_data = re.sub(r"base64,[^\"]*", "", text)
    assert "url(" not in without_data and "@import" not in without_data
    assert "//" not in without_data.replace("<!DOCTYPE html>", "")


def test_the_page_says_what_was_computed(tmp_path, summary):
    text = Page(written(tmp_path, summary)).text
    for fact in ABOUT.values():
        assert fact in text
    assert "Where people look: made-up, test" in text
    assert f"{summary['num_frames']:,} frames of 12 videos" in text
    unseen = summary["num_frames_without_fixation"]
    assert f"{unseen:,} of the frames have no fixation" in text
    assert f"{summary['num_fixations']:,} fixations" in text
    assert "means over all frames with a score" in text
    assert "human has a score in" in text


def test_without_such_frames_the_page_names_no_frames_without_fixation(
    tmp_path, summary
):
    whole = summary | {"num_frames_without_fixation": 0}
    assert "have no fixation" not in Page(written(tmp_path, whole)).text


def test_the_page_shows_the_numbers_of_the_summary(tmp_path, summary):
    texts = Page(written(tmp_path, summary, model="model")).texts
    entries = [*summary["scores"].values(), *summary["differences"].values()]
    for of in entries:
        for entry in of.values():
            sign = "+" if "p_value" in entry else ""
            mean, low, high = (
                f"{entry[key]:{sign}.3f}" for key in ("mean", "low", "high")
            )
            place = texts.index(f"[{low}, {high}]")
            assert texts[place - 1] == mean
    for label, of in summary["classes"].items():
        place = texts.index(label)
        assert texts[place + 1] == str(of["num_videos"])


def test_the_page_can_be_made_of_the_json_alone(tmp_path, summary):
    again = json.loads(json.dumps(summary))
    assert written(tmp_path, again) == written(tmp_path, summary)


def test_best_and_worst_videos_stand_in_order_with_pictures(
    tmp_path, summary, pictures
):
    text = written(tmp_path, summary, model="model", pictures=pictures)
    shown = re.findall(r"<figcaption><b>(.*?)</b>", text)
    gains = {
        video_id: of["differences"]["model"]["bits"]
        for video_id, of in summary["videos"].items()
    }
    ranked = sorted(gains, key=gains.get)
    assert shown[:NUM_SHOWN] == ranked[::-1][:NUM_SHOWN]
    assert shown[NUM_SHOWN:] == ranked[:NUM_SHOWN]
    expected = [pictures[v].path.read_bytes() for v in shown if v in pictures]
    plots = 2 * len(summary["metrics"])
    assert Page(text).images()[plots:] == expected


def test_of_a_distance_less_is_a_gain(tmp_path):
    scores = made_scores(4, ("kl",))
    summary = summarize(scores, reference="TCB", labels={})
    text = written(tmp_path, summary, model="model")
    shown = re.findall(r"<figcaption><b>(.*?)</b>", text)
    gains = {
        video_id: of["differences"]["model"]["kl"]
        for video_id, of in summary["videos"].items()
    }
    best, second, *worst = sorted(gains, key=gains.get)
    assert shown == [best, second, *reversed(worst)]
    found = dict(re.findall(r'class="(better|worse)">([+-]\d)', text))
    assert found == {"better": "-0", "worse": "+0"}


def test_the_page_names_the_correction_of_p_values(tmp_path, summary):
    text = Page(written(tmp_path, summary)).text
    number = len(summary["compared"])
    assert number > 1 and f"Holm over {number} comparisons" in text
    assert "corrected by Holm's method" in text


def test_the_page_tells_how_small_a_difference_can_be_seen(tmp_path, summary):
    page = Page(written(tmp_path, summary))
    assert "How small a difference can be found" in page.text
    metric = summary["metrics"][0]
    entry = summary["power"]["differences"]["model"][metric]
    for one in entry["smallest"]:
        assert f"{one['difference']:.3g}" in page.text
        assert f"with {one['num_videos']:,} videos" in page.text
    for one in entry["needed"]:
        assert f"for {one['difference']:g}" in page.text


def test_every_image_says_what_it_shows(tmp_path, summary, pictures):
    page = Page(written(tmp_path, summary, model="model", pictures=pictures))
    texts = [v for tag, key, v in page.attributes if key == "alt"]
    assert len(texts) == page.tags.count("img")
    mean = summary["scores"]["human"]["bits"]["mean"]
    assert f"human {mean:.3f}" in texts[0]
    assert all(texts)


def test_every_row_is_named_and_the_blur_is_that_of_the_scorer(
    tmp_path, summary
):
    blur = {
        "human_blur_of_width": 0.03,
        "human_blur_degrees": 1.1637,
        "human_blur_pixels": 5.13,
        "degree_of_width": 0.02578,
        "observers": "32 of each video, 32 in all",
    }
    texts = {name: f"This is {name}." for name in summary["predictors"]}
    page = written(tmp_path, summary, ABOUT | blur, descriptions=texts)
    rows = dict(
        re.findall(r"<dt><span.*?</i>(.*?)</span></dt><dd>(.*?)</dd>", page)
    )
    assert rows.keys() == set(summary["predictors"])
    for name, text in rows.items():
        assert text.startswith(f"This is {name}.")
    assert "3.00% of the width is 1.16 degrees" in rows["human"]
    assert "5.13 pixels of the maps" in rows["human"]
    assert "Observers: 32 of each video, 32 in all." in rows["human"]
    assert "blur" not in rows["TCB"]


def test_the_blurs_of_several_folds_are_all_named(tmp_path, summary):
    about = {
        "human_blur_of_width": [0.02, 0.03],
        "human_blur_degrees": [0.7758, 1.1637],
        "human_uniform_share": [0.01, 0.1],
        "human_blur_and_share": "are those that predict best",
        "degree_of_width": 0.02578,
        "observers": "32 of each video, 32 in all",
    }
    page = written(tmp_path, summary, ABOUT | about, descriptions={})
    assert "2.00% or 3.00% of the width is 0.776 or 1.16 degrees" in page
    assert describe_blur(about) == (
        "human: blur 2.00% or 3.00% of the width and uniform share 0.01 or "
        "0.1 are those that predict best."
    )


def test_the_page_claims_nothing_about_time(tmp_path, summary):
    for of in summary["seconds"]:  # A flat curve, of as many videos.
        of["num_videos"] = 12
        of["scores"] = summary["scores"]
    text = Page(written(tmp_path, summary)).text
    assert "Time in the video" in text
    assert "first, in any video" not in text
    assert "longer videos" not in text


def test_pictures_tell_video_time_and_panels_and_open_large(
    tmp_path, summary, pictures
):
    text = written(tmp_path, summary, model="model", pictures=pictures)
    page = Page(text)
    found = 0
    for video_id, picture in pictures.items():
        alt = f"Frame of {video_id} at {picture.seconds:.1f} seconds, with: "
        if f"<b>{video_id}</b>" in text:
            found += 1
            assert f"<b>{video_id}</b> at {picture.seconds:.1f} s." in text
            assert f'alt="{alt}gaze, TCB"' in text
    assert found >= 9
    large = re.findall(r'<details class="picture"><summary[^>]*><img', text)
    assert len(large) == page.tags.count("img")


HOSTILE = '<script>alert("1")</script>/../\'&amp;'


def hostile_scores(num_videos=3):
    generator = np.random.default_rng(0)
    scores = Scores(("TCB", HOSTILE), (HOSTILE, "nss"))
    for number in range(num_videos):
        values = {
            p: {m: generator.normal(size=50) for m in scores.metrics}
            for p in scores.predictors
        }
        scores.add(
            f"{HOSTILE}{number}", np.arange(50), np.ones(50, int), values
        )
    return scores


def test_hostile_names_are_texts(tmp_path):
    scores = hostile_scores()
    labels = {v: (HOSTILE,) for v in scores.video_ids}
    summary = summarize(scores, reference="TCB", labels=labels)
    image.imsave(tmp_path / "x.png", np.eye(3))
    picture = VideoPicture(tmp_path / "x.png", 0.0, (HOSTILE,))
    pictures = dict.fromkeys(scores.video_ids, picture)
    about = {"dataset": HOSTILE, HOSTILE: HOSTILE, "protocol_text": HOSTILE}
    text = written(tmp_path, summary, about, model=HOSTILE, pictures=pictures)
    page = Page(text)
    assert "script" not in page.tags
    for name in (HOSTILE, *scores.video_ids):
        assert name in page.texts
    # As the reference too.
    summary = summarize(scores, reference=HOSTILE, labels=labels)
    page = Page(written(tmp_path, summary, about, model="TCB"))
    assert "script" not in page.tags


@pytest.mark.parametrize("model", [None, "model"])
def test_one_video_has_a_page(tmp_path, model):
    summary = summarize(made_scores(1), reference="TCB", labels={})
    page = Page(written(tmp_path, summary, model=model))
    assert "n too small" in page.texts
    assert ("Best videos" in page.texts) == (model is not None)
    assert "Worst videos" not in page.texts
    assert "Classes" not in page.texts


def test_the_page_says_what_best_maps_are_compared_with(tmp_path, summary):
    assert "best maps minus" not in written(tmp_path, summary)
    scores = made_scores(3, ("bits",), predictors=BEST_MAPS)
    summary = summarize(scores, reference="TCB", labels={})
    assert "best maps minus TCB, best maps, " in written(tmp_path, summary)


def test_a_page_without_a_model_shows_the_baselines(tmp_path):
    scores = made_scores(1, ("bits",), predictors={"TCB": (1.2, 0.35)})
    summary = summarize(scores, reference="TCB", labels={})
    texts = Page(written(tmp_path, summary)).texts
    assert "Scores" in texts and "Gain over TCB" not in texts


def test_numbers_that_are_not_finite_are_written_out(tmp_path):
    scores = Scores(("TCB", "model"), ("bits", "nss"))
    for video_id, value in [("a", -np.inf), ("b", 1.0), ("c", np.nan)]:
        values = {
            "TCB": {"bits": np.ones(2), "nss": np.full(2, np.nan)},
            "model": {"bits": np.full(2, value), "nss": np.full(2, np.nan)},
        }
        scores.add(video_id, np.arange(2), np.ones(2, int), values)
    summary = summarize(scores, reference="TCB", labels={"a": ("x",)})
    page = Page(written(tmp_path, summary, model="model"))
    assert "-inf" in page.texts and "n/a" in page.texts
    place = page.texts.index("Worst videos")
    # The one without a score is neither a best nor a worst one.
    assert page.texts[place + 2] == "a"
    assert re.search("nan|None", page.text) is None


@pytest.mark.parametrize("model", ["TCB", "nobody"])
def test_only_what_has_a_gain_can_be_the_model(tmp_path, summary, model):
    with pytest.raises(ValueError, match=f"Invalid `model`.*{model}"):
        written(tmp_path, summary, model=model)
    assert list(tmp_path.iterdir()) == []
