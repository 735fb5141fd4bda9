"""What a split holds of each video beside its pixels."""

import numpy as np
import pytest

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.records import Fixations, RecordError
from tests.helpers.made_datasets import make_dataset, make_record
from tests.helpers.made_gaze import frames_of
from tests.helpers.numbered_videos import LENGTHS, SIZE, VIDEOS, points_on


@pytest.fixture(scope="module")
def videos(numbered_dataset):
    return read_videos(numbered_dataset, "train")


def test_every_video_is_there_once_with_its_facts(videos):
    assert sorted(videos) == VIDEOS
    for name, video in videos.items():
        assert video.video_id == name
        assert video.num_frames == LENGTHS[name]
        assert video.original_size == SIZE
        assert video.frames_per_second == 25
        assert video.labels == ()


def test_the_gaze_on_frames_is_what_was_written_over_two_records(videos):
    number = VIDEOS.index("long")
    frames = np.array([0, 3, 510, 511, 512, 513, 599])
    gaze = videos["long"].gaze_on(frames)
    for frame, points, mask, observers in zip(
        frames, gaze.points, gaze.mask, gaze.observers, strict=True
    ):
        assert set(map(tuple, points[mask].tolist())) == points_on(
            number, frame
        )
        assert sorted(observers[mask]) == list(range(mask.sum()))
    np.testing.assert_array_equal(
        gaze.counts, [len(points_on(number, frame)) for frame in frames]
    )


def test_frames_outside_the_video_have_no_gaze(videos):
    gaze = videos["five"].gaze_on(np.array([-1, 5, 1000]))
    assert not gaze.counts.any()
    assert gaze.points.shape == (3, 0, 2)


def test_all_fixations_are_those_written(videos):
    wanted = [
        point
        for video, name in enumerate(VIDEOS)
        for frame in range(LENGTHS[name])
        for point in points_on(video, frame)
    ]
    points = fixations_of(videos)
    assert points.dtype == np.float32
    assert sorted(map(tuple, points.tolist())) == sorted(wanted)
    assert fixations_of({}).shape == (0, 2)


def test_labels_come_along_and_the_order_of_fixations_does_not_matter(tmp_path):
    rows = [(2, 0.1, 0.2, 7), (0, 0.3, 0.4, 8), (2, 0.5, 0.6, 9)]
    record = make_record(
        "a", labels=("Run", "Eat"), fixations=Fixations.from_rows(rows)
    )
    make_dataset(tmp_path, {"train.tfrecord-00000-of-00001": [record]})
    video = read_videos(tmp_path, "train")["a"]
    assert video.labels == ("Run", "Eat")
    gaze = video.gaze_on(np.array([2, 1, 0]))
    assert gaze.observers[gaze.mask].tolist() == [7, 9, 8]
    np.testing.assert_array_equal(gaze.counts, [2, 0, 1])


def test_a_frame_has_its_own_time_over_two_records(tmp_path):
    first = make_record("a", frame_times=np.array([0, 0.04, 1.9]))
    second = make_record(
        "a", first_frame=3, frame_times=np.array([2.0, 2.03, 4.5])
    )
    records = [first, second, make_record("b")]
    make_dataset(tmp_path, {"train.tfrecord-00000-of-00001": records})
    videos = read_videos(tmp_path, "train")
    frames = np.array([1, 2, 4, 5])
    assert videos["a"].times_of(frames).tolist() == [0.04, 1.9, 2.03, 4.5]
    assert frames_of(videos["a"], frames).seconds.tolist() == [0, 1, 2, 4]
    assert videos["b"].times_of(np.array([0, 2])).tolist() == [0, 0.08]


@pytest.mark.parametrize("split", ["test", "holdout"])
def test_a_split_without_a_video_is_an_error(numbered_dataset, split):
    with pytest.raises(RecordError, match=f"no video of '{split}'"):
        read_videos(numbered_dataset, split)
