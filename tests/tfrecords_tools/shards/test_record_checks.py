"""Tests of `record_checks`: each fault is found and named."""

import numpy as np
import pytest

from rmdn_tf.data.records import Fixations
from tests.helpers.damaged_datasets import (
    FIRST,
    INFO,
    edit_json,
    edit_record,
    make_damaged_dataset,
    make_sound_dataset,
    of_record,
)
from tests.helpers.made_datasets import grey, make_dataset, make_record
from tfrecords_tools.shards.verification import verify

pytestmark = pytest.mark.slow

TRUTH = np.full([3, 2, 6], 0.5, np.float32)


@pytest.fixture
def data_dir(tmp_path):
    make_sound_dataset(tmp_path)
    return tmp_path


def test_frames_of_several_sizes_are_sound_within_the_bound(tmp_path):
    sizes = [((480, 640), (24, 32)), ((31, 17), (31, 17)), ((9, 999), (1, 32))]
    records = [
        make_record(f"{size}", original_size=original, size=size)
        for original, size in sizes
    ]
    make_dataset(tmp_path, {FIRST: records}, max_size=32)
    assert verify(tmp_path).problems == []


@pytest.mark.parametrize(
    ("original", "size"),
    [
        ((480, 640), (32, 24)),  # Turned by a quarter.
        ((480, 640), (24, 30)),  # Another ratio.
        ((480, 640), (18, 24)),  # Smaller than need be.
        ((480, 640), (48, 64)),  # Past the bound.
        ((10, 20), (16, 32)),  # Magnified.
        ((480, 656), (24, 33)),  # Past the bound by a pixel.
    ],
)
def test_another_aspect_ratio_or_a_size_past_the_bound_is_found(
    tmp_path, original, size
):
    record = make_record("a", original_size=original, size=size)
    make_dataset(tmp_path, {FIRST: [record]}, max_size=32)
    (problem,) = verify(tmp_path).problems
    assert problem.startswith(f"{of_record(0, 'a')}Invalid `size`. Expected")
    assert problem.endswith(f"Received: {size[0]}x{size[1]}.")


def test_a_frame_of_another_size_than_the_dataset_is_found(tmp_path):
    make_dataset(tmp_path, {FIRST: [make_record("a", size=(16, 16))]})
    (problem,) = verify(tmp_path).problems
    received = "Invalid `size`. Expected [8, 24]. Received: [16, 16]."
    assert problem == of_record(0, "a") + received


FAULTS = [
    ({"dataset": [b"other"]}, "Invalid `dataset`. Expected made."),
    ({"split": [b"test"]}, "Invalid `split`. Expected train."),
    ({"video_id": [b"z"]}, None),
    ({"first_frame": [1]}, "Invalid `first_frame`. Expected 0."),
    ({"num_frames": [4]}, "Invalid `num_frames`. Expected 3. Received: 4"),
    ({"frames_per_second": [24.0]}, "Invalid `frames_per_second`."),
    ({"frames_per_second": [np.nan]}, "Invalid `frames_per_second`."),
    ({"height": [16]}, "Invalid `frames`. Expected [16, 24, 3]."),
    ({"frames": [grey((8, 24), 9)] * 2 + [b"GIF"]}, "frame 2 of the"),
    (
        {"frames": [grey((8, 24), 9)] * 2 + [grey((8, 16), 9)]},
        "[8, 16, 3] in the JPEG of frame 2",
    ),
    (
        {"fixation_x": [0.25, 0.5, 1.01]},
        "Invalid `fixation_x`. Expected coordinates in [0, 1] of",
    ),
    ({"fixation_x": [0.25, np.nan, 0]}, "Invalid `fixation_x`."),
    ({"fixation_y": [0.25, -0.1, 0]}, "Invalid `fixation_y`."),
    ({"fixation_y": [0.25, np.inf, 0]}, "Invalid `fixation_y`."),
    ({"fixation_y": [0.25, 0]}, "Invalid `fixation_*`. Expected lists of"),
    ({"fixation_frame": [0, 1, 3]}, "in [0, 3). Received: from 0 to 3"),
    ({"fixation_frame": [-1, 1, 2]}, "in [0, 3). Received: from -1 to 2"),
    ({"fixation_frame": [0, 2, 1]}, "ascending frames. Received: 2 before"),
    (
        {"fixation_frame": [1, 1, 2]},
        "observer 1 2 times in frame 1 of the record",
    ),
]


@pytest.fixture(scope="module")
def problems(tmp_path_factory):
    """Returns the problems of a dataset with one fault in each record."""
    data_dir = tmp_path_factory.mktemp("faults")
    make_damaged_dataset(data_dir, [features for features, _ in FAULTS])
    return verify(data_dir).shards[0].problems


@pytest.mark.parametrize("index", range(len(FAULTS)))
def test_a_fault_in_a_record_is_found_and_named(problems, index):
    features, problem = FAULTS[index]
    video_id = features.get("video_id", [f"v{index:02}".encode()])[0].decode()
    problem = problem or "not announced for this shard"
    where = of_record(index, video_id)
    assert any(p.startswith(where) and problem in p for p in problems)


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ([0, 1, 2], [3, 4, 5], None),
        (None, None, None),
        ([0, 1, 2], [2, 3, 4], "Expected times after 2 seconds. Received: 2."),
        ([0, 1, 2], None, "in all records of a video, or in none."),
        (None, [3, 4, 5], "in all records of a video, or in none."),
    ],
)
def test_times_of_frames_go_on_in_the_next_record(
    tmp_path, first, second, problem
):
    records = [
        make_record(
            "a",
            first_frame=number,
            frame_times=None if times is None else np.array(times, float),
        )
        for number, times in ((0, first), (3, second))
    ]
    make_dataset(tmp_path, {FIRST: records})
    problems = verify(tmp_path).problems
    assert len(problems) == (problem is not None)
    assert problem is None or problem in problems[0]
    assert problem is None or "`frame_microseconds`" in problems[0]


def test_times_that_go_back_are_found(tmp_path):
    records = [make_record("a", frame_times=np.arange(3.0))]
    make_dataset(tmp_path, {FIRST: records})
    edit_record(tmp_path, frame_microseconds=[0, 9, 8])
    (problem,) = verify(tmp_path).problems
    assert "Invalid `frame_microseconds`. Expected 3 increasing" in problem


def test_points_of_nobody_known_may_be_many_in_a_frame(data_dir):
    edit_json(data_dir, INFO, lambda info: info.update(num_observers=None))
    edit_record(data_dir, fixation_frame=[1, 1, 2])
    problems = verify(data_dir).problems
    assert not any("observer" in problem for problem in problems)


def test_an_observer_looks_at_several_places_of_a_picture(tmp_path):
    points = Fixations.from_rows([(0, 0.25, 0.5, 1), (0, 0.5, 0.25, 1)])
    record = make_record("a", frames=[grey((8, 24), 1)], fixations=points)
    make_dataset(tmp_path, {FIRST: [record]}, num_observers=1)
    assert verify(tmp_path).problems == []


@pytest.mark.parametrize(
    ("truth", "problem"),
    [
        (TRUTH[:, :1], "Invalid `truth_num_components`. Expected 2."),
        (None, "Invalid `truth_num_components`. Expected 2. Received: 0."),
        (TRUTH, "Invalid `truth_mixture`. Expected finite numbers"),
    ],
)
def test_a_wrong_true_density_is_found(tmp_path, truth, problem):
    records = [make_record("a", truth=truth)]
    make_dataset(tmp_path, {FIRST: records}, truth_num_components=2)
    if truth is TRUTH:
        edit_record(tmp_path, truth_mixture=[np.nan] * 36)
    (found,) = verify(tmp_path).problems
    assert found.startswith(of_record(0, "a") + problem)


def test_a_record_without_a_frame_or_with_too_many_is_found(data_dir):
    edit_record(data_dir, 2, frames=[], num_frames=[0])
    edit_record(data_dir, 3, frames=[grey((8, 24), 1)] * 513, num_frames=[513])
    problems = verify(data_dir).problems
    expected = "Invalid `frames`. Expected 1 to 512 frames. Received: "
    for place, received in ((of_record(2, "b"), 0), (of_record(3, "c"), 513)):
        assert f"{place}{expected}{received}." in problems
