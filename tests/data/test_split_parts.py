"""Parts of a split hold what the whole split holds."""

import collections
import itertools
import pickle

import numpy as np
import pytest
from tensorflow.python.eager import context

from rmdn_tf.data import split_parts
from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.part_reader import PartReader
from rmdn_tf.data.prepared_dataset import load_dataset_info
from rmdn_tf.data.shard_dealing import shards_of
from rmdn_tf.data.split_parts import NUM_ROWS, parts_of
from rmdn_tf.data.split_videos import SplitVideos
from rmdn_tf.data.windows import Window
from rmdn_tf.files import read_ahead, remote
from rmdn_tf.files.file_systems import remove_directory
from rmdn_tf.files.published import write_content
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

pytestmark = pytest.mark.slow

# Three windows in a full record.
WINDOW = Window(28, clip_stride=4)
SPLIT = "test+train"


LENGTH = 40  # frames of a full record


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """12 videos of three records each, in a shard of 2 and two of 5."""
    directory = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        for place in (
            "rmdn_tf.data.shard_dealing",
            "tfrecords_tools.shards.encoding",
        ):
            patch.setattr(f"{place}.MAX_FRAMES_PER_RECORD", LENGTH)
        prepare(
            Demo(14, size=(16, 16)),
            directory,
            FrameFormat((16, 16)),
            num_shards=2,
            num_workers=1,
        )
        yield directory


@pytest.fixture(scope="module")
def info(data_dir):
    return load_dataset_info(data_dir)


def windows_in(batches):
    """(video, first frame) -> the rest of its window."""
    found = {}
    for batch in batches:
        arrays = {key: value.numpy() for key, value in batch.items()}
        names = zip(
            arrays.pop("video_id"), arrays.pop("first_frame"), strict=True
        )
        for row, key in enumerate(names):
            if key[0]:
                assert key not in found
                found[key] = {k: of[row] for k, of in arrays.items()}
                # Points of a frame are drawn in any order.
                mask = found[key].pop("fixation_mask")[..., None]
                points = np.where(mask, found[key]["fixations"], -1.0)
                found[key]["fixations"] = np.sort(points, axis=1)
    return found


def test_a_part_fills_the_rows_and_has_enough_frames(info, monkeypatch):
    monkeypatch.setattr(split_parts, "FRAMES_OF_A_PART", 500)
    assert [len(part) for part in parts_of(info, SPLIT)] == [6, 6]
    monkeypatch.setattr(split_parts, "FRAMES_OF_A_PART", 1)
    parts = parts_of(info, SPLIT)
    assert [len(part) for part in parts] == [NUM_ROWS] * 3
    places = itertools.chain(*parts)
    shards = [*info.splits["test"].shards, *info.splits["train"].shards]
    videos = [video.id for shard in shards for video in shard.videos]
    assert [place.video_id for place in places] == videos


def test_all_parts_hold_the_windows_of_the_split(data_dir, info):
    reader = PartReader(data_dir, info, WINDOW)
    reader = pickle.loads(pickle.dumps(reader))
    parts = parts_of(info, SPLIT)
    batches = [b for part in reversed(parts) for b in reader.batches(part)]
    assert all(name for b in batches for name in b["video_id"].numpy())
    whole = ordered_windows(data_dir, SPLIT, batch_size=NUM_ROWS, window=WINDOW)
    found, expected = windows_in(batches), windows_in(whole)
    assert found.keys() == expected.keys()
    for key, window in expected.items():
        for name, values in window.items():
            np.testing.assert_array_equal(found[key][name], values)


def test_a_dataset_of_an_earlier_release_is_read_from_the_begin_of_its_shards(
    data_dir, info
):
    before = without_bytes(info)
    reader = PartReader(data_dir, info, WINDOW)
    for part, earlier in zip(
        parts_of(info, SPLIT), parts_of(before, SPLIT), strict=True
    ):
        found, expected = (
            windows_in(reader.batches(one)) for one in (part, earlier)
        )
        assert found.keys() == expected.keys()
        for key, window in expected.items():
            for name, values in window.items():
                np.testing.assert_array_equal(found[key][name], values)


def without_bytes(info):
    """The info as an earlier release wrote it."""
    document = info.to_json()
    for split in document["splits"].values():
        for shard in split["shards"]:
            for video in shard["videos"]:
                del video["num_bytes"]
    return DatasetInfo.from_json(document)


def test_no_byte_of_a_remote_shard_is_fetched_for_nothing(
    data_dir, info, monkeypatch
):
    remote_dir = "memory://parts"
    shards = shards_of(info, SPLIT)
    for shard in shards:
        write_content(
            f"{remote_dir}/{shard.file}", (data_dir / shard.file).read_bytes()
        )
    fetched = []
    read_range = remote.read_range

    def counted(path, begin, end):
        fetched.append(end - begin)
        return read_range(path, begin, end)

    monkeypatch.setattr(remote, "read_range", counted)
    monkeypatch.setattr(read_ahead, "READ_BYTES", 1024)
    reader = PartReader(remote_dir, info, WINDOW)
    parts = parts_of(info, SPLIT)
    batches = [b for part in parts for b in reader.batches(part)]
    num_bytes = sum(shard.num_bytes for shard in shards)
    # Each row ends somewhere in a block, and has begun to fetch the next one.
    surplus = 2 * 1024 * NUM_ROWS * len(parts)
    assert num_bytes <= sum(fetched) <= num_bytes + surplus < 1.5 * num_bytes
    expected = PartReader(data_dir, info, WINDOW)
    assert len(batches) == sum(1 for p in parts for _ in expected.batches(p))
    remove_directory(remote_dir)


def test_another_pass_makes_no_graph(data_dir, info):
    reader = PartReader(data_dir, info, WINDOW)
    numbers = []
    for _ in range(2):
        for part in parts_of(info, SPLIT):
            collections.deque(reader.batches(part), maxlen=0)
        numbers.append(len(context.context().list_function_names()))
    assert numbers[0] == numbers[1]


def test_videos_of_a_row_follow_each_other_in_time(data_dir, info):
    reader = PartReader(data_dir, info, WINDOW)
    numbers = []
    for part in parts_of(info, SPLIT):
        at = {}
        for batch in reader.batches(part):
            names, firsts, begins = (
                batch[key].numpy()
                for key in ("video_id", "first_frame", "is_first")
            )
            numbers.append(len(names))
            for row, (name, first) in enumerate(
                zip(names, firsts, strict=True)
            ):
                assert begins[row] == (first == 0)
                assert first == 0 or at[row] == (name, first)
                end_of_record = (first // LENGTH + 1) * LENGTH
                end = min(first + WINDOW.num_served, end_of_record)
                at[row] = name, end
    assert max(numbers) == NUM_ROWS


def test_other_processes_read_videos_for_themselves(data_dir):
    videos = SplitVideos(data_dir, "test")
    sent = pickle.dumps(videos)
    assert len(sent) < 500
    read = pickle.loads(sent)
    assert read is pickle.loads(sent)
    assert list(read) == list(videos)
    for video_id, video in videos.items():
        np.testing.assert_array_equal(read[video_id].points, video.points)
