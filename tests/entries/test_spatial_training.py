"""The spatial experiment's trainings, with a tiny network on made-up videos."""

import dataclasses

import numpy as np
import pytest

from experiments.spatial import cross_validate
from experiments.spatial.maps import normalized, read_maps
from experiments.spatial.variants import VARIANTS, Variant
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.feature_cache import cache_features
from rmdn_tf.training import cached_features
from tests.conftest import SIZE as FRAME_SIZE
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two other datasets, in place of the pictures."""
    directories = []
    for seed in (5, 6):
        directory = tmp_path_factory.mktemp("pictures")
        source = Demo(4, seed, size=FRAME_SIZE)
        prepare(source, directory, FrameFormat(FRAME_SIZE), num_workers=1)
        directories.append(directory)
    return directories


@pytest.fixture
def experiment(demo_dir, pictures, tiny_spatial_model, tmp_path, monkeypatch):
    """An experiment of one epoch each on pictures and on clips."""
    pictures_training, clips_training = (
        dataclasses.replace(
            of, num_epochs=1, batch_size=4, fixations_per_frame=4, mix_share=0.5
        )
        for of in (VARIANTS["full"].pictures, VARIANTS["full"].clips)
    )
    monkeypatch.setitem(
        cross_validate.VARIANTS,
        "tiny",
        Variant(tiny_spatial_model, clips_training, pictures_training),
    )
    monkeypatch.setattr(
        cross_validate, "prepare_clips", lambda *arguments: demo_dir
    )
    monkeypatch.setattr(
        cross_validate, "prepare_pictures", lambda *arguments: pictures
    )
    return cross_validate.Experiment("tiny", "raw", "raw", tmp_path)


def test_held_out_clips_are_predicted_and_features_are_computed_once(
    experiment, demo_dir, monkeypatch
):
    computed = []

    def count(encoder, data_dir, split, *arguments):
        computed.append(data_dir)
        return cache_features(encoder, data_dir, split, *arguments)

    monkeypatch.setattr(cached_features, "cache_features", count)
    experiment.cross_validate([0, 1], [0, 1])
    clips = read_videos(demo_dir, "train+validation+test")
    for number in (0, 1):
        for clip in experiment.folds[number]:
            maps = read_maps(experiment.maps_dir("joined"), clip)
            assert len(maps) == clips[clip].num_frames
            seeds = [read_maps(experiment.maps_dir(s), clip) for s in (0, 1)]
            for one in (maps, *seeds):
                np.testing.assert_allclose(
                    np.exp(normalized(one)).sum((1, 2)), 1
                )
            assert np.abs(seeds[0] - seeds[1]).max() > 1e-3
    # The folds' own shards of features are links.
    for features in experiment.all_dir.parent.glob("[01]/features/*/*of*"):
        assert features.is_symlink()


def test_what_is_finished_is_kept(experiment, monkeypatch):
    experiment.cross_validate([0], [0])
    (clip, *_) = experiment.folds[0]
    before = np.array(read_maps(experiment.maps_dir(0), clip))
    monkeypatch.delattr(cross_validate.Experiment, "learn_clips")
    experiment.cross_validate([0], [0])
    np.testing.assert_array_equal(
        read_maps(experiment.maps_dir(0), clip), before
    )
