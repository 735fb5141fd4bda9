"""Baselines of videos that are scored and fitted to, too."""

import contextlib
import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from threadpoolctl import threadpool_limits

from rmdn_tf.data.dataset_info import ShardInfo, SplitInfo, VideoInfo
from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE, load_dataset_info
from rmdn_tf.data.records import Fixations
from rmdn_tf.evaluation.centre_bias import trained_centre
from rmdn_tf.evaluation.cross_fitting import ByVideo, Folds
from rmdn_tf.evaluation.fitted_centre import TrainedCentre, refuse_scored_videos
from rmdn_tf.evaluation.inter_observer import BlurTable
from rmdn_tf.evaluation.predictors import Static
from rmdn_tf.evaluation.scored_split import ScoredSplit
from rmdn_tf.evaluation.split_baselines import Settings
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.files.published import write_json
from rmdn_tf.model.moments import parameters_from_moments
from tests.helpers.made_datasets import make_dataset, make_record
from tests.helpers.made_gaze import frames_of, make_video
from tests.helpers.quick_choices import choose_quickly

pytestmark = pytest.mark.slow

EVERYTHING = "train+validation+test"
NUM_VIDEOS = {"train": 8, "validation": 2, "test": 2}


def places(split):
    """Draws a place for each video of a split."""
    rng = np.random.default_rng(sorted(NUM_VIDEOS).index(split))
    return rng.uniform(0.1, 0.9, (NUM_VIDEOS[split], 2))


def record_of(split, number, place):
    """Returns a video that four people watch at one place."""
    rng = np.random.default_rng(number)
    points = np.clip(rng.normal(place, 0.03, (3, 4, 2)), 0, 1)
    frame, observer = np.indices((3, 4))
    rows = np.column_stack(
        [frame.ravel(), points.reshape(-1, 2), observer.ravel()]
    )
    fixations = Fixations.from_rows(rows)
    return make_record(f"{split}_{number}", split, fixations=fixations)


@pytest.fixture(scope="module")
def own_places(tmp_path_factory):
    """A dataset in which people look at another place in every video."""
    directory = tmp_path_factory.mktemp("places")
    shards = {
        f"{split}.tfrecord-00000-of-00001": [
            record_of(split, number, place)
            for number, place in enumerate(places(split))
        ]
        for split in NUM_VIDEOS
    }
    make_dataset(directory, shards, num_observers=4)
    return directory


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    choose_quickly(monkeypatch)
    monkeypatch.setattr(
        "rmdn_tf.evaluation.centre_bias.NUM_COMPONENTS", (1, 12)
    )
    with threadpool_limits(1):  # As in `rmdn evaluate`.
        yield


def bits_of(data_dir, split, names=("TCB",), **settings):
    evaluation = SplitEvaluation(data_dir, split, Settings(**settings))
    evaluation.predictors = {n: evaluation.predictors[n] for n in names}
    scores = evaluation.run()
    return {name: scores.mean(name, "bits") for name in names}, evaluation


def test_the_trained_centre_of_the_scored_videos_does_not_know_them(own_places):
    honest, evaluation = bits_of(own_places, EVERYTHING)
    # A centre that was fitted to the scored videos knows all the places.
    points = np.concatenate([v.points for v in evaluation.videos.values()])
    known = Static(trained_centre(points, points))
    evaluation.predictors = {"TCB": known}
    too_good = evaluation.run().mean("TCB", "bits")
    assert too_good > 1 > 0.5 > honest["TCB"]
    text = evaluation.about["TCB_fitted_to"]
    assert text == (
        "the fixations on the other videos, in 5 folds of the scored videos"
    )


def test_training_videos_alone_are_cross_fitted_too(own_places):
    honest, evaluation = bits_of(own_places, "train")
    assert honest["TCB"] < 0.5
    assert "in 5 folds" in evaluation.descriptions["TCB"]
    # The other choices are made on a split that is not scored.
    assert evaluation.about["chosen_on"] == "validation"


def test_held_out_videos_get_one_centre_of_the_training_videos(own_places):
    _, evaluation = bits_of(own_places, "validation+test")
    assert isinstance(evaluation.predictors["TCB"], Static)
    assert evaluation.about["TCB_fitted_to"] == (
        "the fixations on all training videos"
    )


def test_each_video_is_fitted_to_all_other_folds_and_never_to_itself(
    own_places, monkeypatch
):
    fitted = []
    monkeypatch.setattr(
        "rmdn_tf.evaluation.fitted_centre.centre_of_groups",
        lambda groups, *_: fitted.append(np.concatenate(groups)) or groups[0],
    )
    scored = ScoredSplit(own_places, EVERYTHING)
    TrainedCentre(scored)
    total = sum(len(video.points) for video in scored.videos.values())
    for members, points in zip(scored.folds.members, fitted, strict=True):
        own = np.concatenate([scored.videos[v].points for v in members])
        assert len(points) == total - len(own)
        assert not (points[:, None] == own).all(-1).any()


def test_people_and_the_share_of_the_centre_stay_when_all_is_scored(own_places):
    evaluation = SplitEvaluation(own_places, EVERYTHING)
    mixture = parameters_from_moments(np.array([[1, 0.4, 0.6, 0.2, 0.1, 0.4]]))
    evaluation.add_model(
        "model",
        lambda batch: tf.constant(
            np.broadcast_to(mixture, (*batch["frame_mask"].shape[:1], 50, 1, 6))
        ),
        1,
    )
    assert {"human", "model+TCB"} <= evaluation.predictors.keys()
    scores = evaluation.run()
    assert scores.mean("human", "bits") > 2
    assert np.isfinite(scores.mean("model+TCB", "bits"))
    for name in ("human", "model+TCB"):
        assert "in 5 folds" in evaluation.descriptions[name]
    assert (
        "12 videos have two observers"
        in (evaluation.about["human_blur_and_share"])
    )


def test_the_blur_of_a_video_is_chosen_by_the_others():
    blurred = {
        f"narrow_{i}": make_video(f"narrow_{i}", 40, 8, i, 0.02)
        for i in range(3)
    }
    wide = make_video("wide", 40, 8, 9, 0.2)
    table = BlurTable([*blurred.values(), wide], (24, 32), [0.03, 0.25], [0.1])
    assert table.best(["wide"]).sigma == 0.25
    chosen = Folds([*blurred, "wide"]).choose(table.best)
    assert chosen["wide"].sigma == 0.03


def test_a_protocol_that_needs_another_split_says_so(own_places):
    settings = Settings(protocol="paper")
    with pytest.raises(ValueError, match="Invalid `split`.*'paper'"):
        SplitEvaluation(own_places, EVERYTHING, settings)


def test_folds_hold_every_video_once_and_are_the_same_in_any_order():
    names = [f"video_{number}" for number in range(23)]
    folds = Folds(names)
    assert sorted(v for of in folds.members for v in of) == sorted(names)
    assert {len(of) for of in folds.members} == {4, 5}
    assert Folds(names[::-1]).members == folds.members


def test_the_shots_of_a_video_stay_together():
    names = [f"clip{video}_{shot}" for video in range(9) for shot in range(3)]
    folds = Folds(names, of_shots=True)
    for members in folds.members:
        clips = [name.split("_")[0] for name in members]
        assert all(clips.count(clip) == 3 for clip in clips)
    assert len({len(of) for of in Folds(names).members}) == 2


def test_one_video_cannot_be_held_against_others():
    with pytest.raises(ValueError, match="Expected two videos or more.*'a'"):
        Folds(["a"])
    with pytest.raises(ValueError, match="Expected two videos or more"):
        Folds(["a_1", "a_2"], of_shots=True)


def test_the_only_training_video_cannot_be_scored(
    numbered_dataset_without_truth,
):
    with pytest.raises(ValueError, match="Expected two videos or more.*five"):
        SplitEvaluation(numbered_dataset_without_truth, "train")


def test_each_video_has_a_predictor_of_its_own():
    of_video = {name: Static(None, name) for name in "ab"}
    both = ByVideo(of_video)
    assert both.describe() == "a"
    assert ByVideo(of_video, "both").describe() == "both"
    assert both.networks == ()
    frames = frames_of(make_video("b"))
    assert both.log_maps(frames, (2, 3)) is of_video["b"].log_maps(
        frames, (2, 3)
    )
    with pytest.raises(KeyError):
        both.log_maps(frames_of(make_video("c")), (2, 3))


def test_a_centre_of_another_dataset_is_told(own_places, demo_dir):
    bits, evaluation = bits_of(own_places, EVERYTHING, tcb_data_dir=demo_dir)
    assert isinstance(evaluation.predictors["TCB"], Static)
    assert (
        f"of the dataset 'demo' in '{demo_dir}'"
        in (evaluation.descriptions["TCB"])
    )
    assert np.isfinite(bits["TCB"])
    # People still predict people, by a blur of the other folds.
    assert "human_blur_of_width" in evaluation.about


def test_a_centre_of_the_scored_videos_under_another_path_is_refused(
    own_places, tmp_path
):
    shard = "train.tfrecord-00000-of-00001"
    seen = [record_of("train", 3, places("train")[3])]
    make_dataset(tmp_path / "same", {shard: seen}, num_observers=4)
    settings = Settings(tcb_data_dir=tmp_path / "same")
    with pytest.raises(ValueError, match="Invalid `tcb_data_dir`.*'train_3'"):
        SplitEvaluation(own_places, "train", settings)
    # The scored videos are other ones.
    SplitEvaluation(own_places, "test", settings)
    # A video of another source may have the same name.
    info = load_dataset_info(own_places)
    other = dataclasses.replace(info, name="another")
    refuse_scored_videos(tmp_path / "same", other, ["train_3"])


@pytest.mark.parametrize(
    ("num_frames", "num_fixations", "rate", "is_same"),
    [
        (96, 1500, 15, True),
        (96, 1501, 15, False),
        (20, 311, 3, True),  # The last frame stays on screen for longer.
        (192, 3000, 30, True),
        (20, 200, 3, False),
        (30, 470, 3, False),
        (20, 0, 3, False),
    ],
)
def test_a_video_is_known_at_any_frame_rate(
    own_places, tmp_path, num_frames, num_fixations, rate, is_same
):
    document = json.loads((own_places / DATASET_INFO_FILE).read_text())
    file = document["splits"]["train"]["shards"][0]["file"]

    def info_of(*facts):
        shard = ShardInfo(
            file, 1, facts[0], 1, facts[1], (VideoInfo("one", *facts),)
        )
        train = dataclasses.asdict(SplitInfo.of_shards([shard]))
        splits = document["splits"] | {"train": train}
        write_json(tmp_path / DATASET_INFO_FILE, document | {"splits": splits})
        return load_dataset_info(tmp_path)

    scored = info_of(96, 1500, 15.0)
    info_of(num_frames, num_fixations, float(rate))
    refused = pytest.raises(ValueError, match="with 1 scored videos.*'one'")
    with refused if is_same else contextlib.nullcontext():
        refuse_scored_videos(tmp_path, scored, ["one"])


def test_a_dataset_without_gaze_fits_no_centre(own_places, tmp_path):
    shard = "train.tfrecord-00000-of-00001"
    blind = [make_record("blind", fixations=Fixations.empty())]
    make_dataset(tmp_path / "blind", {shard: blind}, max_fixations_per_frame=0)
    settings = Settings(tcb_data_dir=tmp_path / "blind")
    with pytest.raises(ValueError, match="at least 2 fixations.*Received: 0"):
        SplitEvaluation(own_places, "test", settings)


def test_a_given_blur_of_the_observers_is_told(own_places):
    evaluation = SplitEvaluation(
        own_places, "test", Settings(human_blur=(0.05, 0.2))
    )
    assert evaluation.about["human_blur_of_width"] == 0.05
    assert evaluation.about["human_uniform_share"] == 0.2
    text = evaluation.descriptions["human"]
    assert "5.00% of the width, with a uniform share of 0.2" in text
    assert "Blur and uniform share were given by --human_blur." in text


def test_the_chosen_blur_says_on_which_videos(own_places):
    evaluation = SplitEvaluation(own_places, "test")
    assert (
        "are those that predict best on 2 videos of the split 'validation', "
        "which is not scored"
    ) in evaluation.descriptions["human"]
