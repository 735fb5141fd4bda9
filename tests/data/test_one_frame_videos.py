"""A dataset of pictures, each a video of one frame, from windows to scores."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.feature_cache import cache_features
from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.records import Fixations
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.evaluation.split_baselines import Settings
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.model.moments import parameters_from_moments
from tests.helpers.made_datasets import grey, make_dataset, make_record
from tests.helpers.quick_choices import choose_quickly

pytestmark = pytest.mark.slow

SIZE = (8, 24)
WINDOW = Window(24, 4)  # T = 3, F = 12
NUM_PICTURES = 5
# Four observers look at two places of a picture each: 0.25, 0.5 and 0.75, 0.5.
POINTS = [(0, x, 0.5, o) for o in range(4) for x in (0.25, 0.75)]
LEVELS = {f"train{n}": 40 * n + 20 for n in range(NUM_PICTURES)}


def write_pictures(directory):
    shards = {
        f"{split}.tfrecord-00000-of-00001": [
            make_record(
                f"{split}{number}",
                split,
                frames=[grey(SIZE, 40 * number + 20)],
                frames_per_second=1.0,
                fixations=Fixations.from_rows(POINTS),
            )
            for number in range(NUM_PICTURES)
        ]
        for split in ("train", "validation", "test")
    }
    make_dataset(directory, shards, num_observers=4)
    return directory


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


def rows_of(dataset):
    """Returns video id -> row of a batch; refuses a video that comes twice."""
    rows = {}
    for batch in dataset.as_numpy_iterator():
        for index, video_id in enumerate(batch["video_id"]):
            if video_id:
                assert video_id.decode() not in rows
                row = {key: values[index] for key, values in batch.items()}
                rows[video_id.decode()] = row
    return rows


@pytest.mark.parametrize("order", [random_cuts, ordered_windows])
def test_a_window_shows_the_picture_as_its_own_past(data_dir, order):
    options = {"seed": 1} if order is random_cuts else {}
    rows = rows_of(
        order(
            data_dir,
            "train",
            batch_size=1,
            window=WINDOW,
            fixations_per_frame=6,
            **options,
        )
    )
    assert rows.keys() == LEVELS.keys()
    for video_id, row in rows.items():
        np.testing.assert_array_equal(row["frames"], LEVELS[video_id])
        assert row["frames"].shape == (24, *SIZE, 3)
        assert row["frame_mask"].tolist() == [True] + [False] * 11
        assert row["is_first"] and row["first_frame"] == 0
        # Six of eight fixations were drawn, all of the only frame.
        assert row["fixation_mask"].sum(-1).tolist() == [6] + [0] * 11
        assert set(row["fixations"][0, :, 0]) == {0.25, 0.75}


def test_features_of_a_picture_are_those_of_a_clip_of_it(data_dir, tmp_path):
    def mean_levels(frames):  # [1, L, H, W, 3] -> [1, L - 15, 16]
        levels = tf.reduce_mean(tf.cast(frames, tf.float32), [2, 3, 4])
        return tf.signal.frame(levels, CONTEXT + 1, 1)

    cache_features(mean_levels, data_dir, "train", tmp_path / "features", {})
    rows = rows_of(
        ordered_windows(
            data_dir,
            "train",
            batch_size=2,
            window=WINDOW,
            feature_dir=tmp_path / "features",
        )
    )
    for video_id, level in LEVELS.items():
        np.testing.assert_array_equal(rows[video_id]["features"][0], level)


def test_every_baseline_scores_pictures(data_dir, monkeypatch):
    choose_quickly(monkeypatch)
    extras = ("human_leave_one_out", "previous_frame")
    settings = Settings(size=(16, 48), extras=extras)
    evaluation = SplitEvaluation(data_dir, "test", settings)
    # Half of the density at each of the two places.
    moments = [[0.5, x, 0.5, 0.05, 0.05, 0.0] for x in (0.25, 0.75)]
    mixture = parameters_from_moments(np.array(moments))

    def predict(batch):
        num_clips = batch["frame_mask"].shape[1] // 4
        assert num_clips == 1  # No work for clips that serve no frame.
        shape = (len(batch["is_first"]), num_clips, *mixture.shape)
        return tf.constant(np.broadcast_to(mixture, shape), tf.float32)

    evaluation.add_model("model", predict, 4, mix=False)
    scores = evaluation.run()
    assert scores.num_frames.total() == NUM_PICTURES
    assert scores.num_fixations.total() == NUM_PICTURES * len(POINTS)
    bits = {name: scores.mean(name, "bits") for name in evaluation.predictors}
    assert bits["uniform"] == pytest.approx(0, abs=1e-9)
    # The frame before does not exist, so that baseline knows nothing.
    assert bits["previous_frame"] == pytest.approx(0, abs=1e-9)
    assert bits["model"] == pytest.approx(model_bits(), rel=1e-4)
    # People look at the same two places: both halves predict each other.
    assert bits["human"] > 3 > bits["centre"]
    assert scores.mean("human", "auc_judd") > 0.95
    assert scores.mean("human_leave_one_out", "auc_judd") > 0.95
    assert scores.mean("centre", "auc_shuffled") == pytest.approx(0.5)


def model_bits():
    """Returns log2 of the model's density at the fixated pixels, worked out."""
    y, x = (np.mgrid[:16, :48] + 0.5) / np.array([16, 48]).reshape([2, 1, 1])
    density = sum(
        np.exp(-(((x - at) / 0.05) ** 2 + ((y - 0.5) / 0.05) ** 2) / 2)
        for at in (0.25, 0.75)
    )
    density /= density.mean()
    return np.mean(np.log2([density[8, 12], density[8, 36]]))
