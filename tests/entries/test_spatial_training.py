"""The spatial experiment's trainings, with a tiny network on made-up videos."""

import dataclasses

import numpy as np
import pytest

from experiments.spatial import cross_validate
from experiments.spatial.maps import normalized, read_maps
from experiments.spatial.variants import VARIANTS, Variant
from rmdn_tf.data.annotations import read_videos
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
        Variant(
            dataclasses.replace(tiny_spatial_model, context_units=16, units=16),
            clips_training,
            pictures_training,
        ),
    )
    monkeypatch.setattr(
        cross_validate, "prepare_clips", lambda *arguments: demo_dir
    )
    monkeypatch.setattr(
        cross_validate, "prepare_pictures", lambda *arguments: pictures
    )
    return cross_validate.Experiment("tiny", "raw", "raw", tmp_path)


def test_held_out_clips_are_predicted_and_what_is_finished_is_kept(
    experiment, demo_dir, monkeypatch
):
    experiment.cross_validate([0, 1], [0])
    clips = read_videos(demo_dir, "train+validation+test")
    before = {}
    for clip in experiment.folds[0]:
        for name in (0, 1, "joined"):
            maps = np.array(read_maps(experiment.maps_dir(name), clip))
            assert len(maps) == clips[clip].num_frames
            np.testing.assert_allclose(np.exp(normalized(maps)).sum((1, 2)), 1)
            before[clip, name] = maps
        assert np.abs(before[clip, 0] - before[clip, 1]).max() > 1e-3
    # Features are computed once: the fold's own shards are links.
    shards = [*experiment.all_dir.parent.glob("0/features/*/*of*")]
    assert shards and all(shard.is_symlink() for shard in shards)

    monkeypatch.delattr(cross_validate.Experiment, "learn_clips")
    experiment.cross_validate([0, 1], [0])
    for (clip, name), maps in before.items():
        kept = read_maps(experiment.maps_dir(name), clip)
        np.testing.assert_array_equal(kept, maps)
