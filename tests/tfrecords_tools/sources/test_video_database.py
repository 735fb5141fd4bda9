"""Tests of `tfrecords_tools.sources.video_database`."""

import pickle

import h5py
import numpy as np
import pytest

from tests.helpers.raw_frames import files_of, lengths_of, levels_of, open_named
from tests.tfrecords_tools.frames.test_video_files import (
    grey_frames,
    write_video,
)
from tfrecords_tools.gaze import samples
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources import video_database
from tfrecords_tools.sources.video_database import VideoDatabase, split_of

NAMES = ("Kimono", "BasketballDrive", "Yan", "Absent")

# Observer, video, onset ms, duration ms, x, y; the videos are 64x48 pixels
# and have ten frames of 40 ms.
ROWS = (
    (1, 1, 0, 40, 32, 12),  # Frame 0.
    (2, 1, 50, 40, 16, 24),  # ceil(1.25)..ceil(2.25): frames 1, 2.
    (2, 1, 1000, 40, 16, 24),  # Past the end: 1-based 25, 26.
    (1, 2, 100, 60, 48, 36),  # Frames 2, 3.
    (9, np.nan, 3, 420, 50, 17),
    (3, 4, 3, 20, 50, 17),  # The video is not on disk.
    (3, 4, 30, 20, 50, 17),
)


def write_table(path, names=NAMES, rows=ROWS):
    """Writes `video_database.mat` in the form MATLAB v7.3 gives it."""
    with h5py.File(path, "w") as file:
        group = file.create_group("video_database")
        fixdata = np.array(rows, np.float64).reshape([-1, 6])
        group["fixdata"] = fixdata.T
        references = group.create_dataset(
            "video_names_list", [1, len(names)], h5py.ref_dtype
        )
        for index, name in enumerate(names):
            codes = np.array([[ord(c)] for c in name], np.uint16)
            text = file.create_dataset(f"#refs#/{index}", data=codes)
            references[0, index] = text.ref
    video_database.read_table.cache_clear()


def write_database(raw_dir):
    """Writes three tiny videos and the table; returns the folder."""
    (raw_dir / "videos").mkdir(parents=True)
    write_table(raw_dir / "video_database.mat")
    for name in ("Kimono", "Basketball Drive", "Yan"):
        frames = grey_frames(range(10, 110, 10))
        write_video(raw_dir / "videos" / f"{name}.avi", frames)
    return raw_dir


@pytest.fixture
def raw_dir(tmp_path):
    return write_database(tmp_path / "raw")


def test_entries_are_the_clips_on_disk_sorted_by_name(raw_dir):
    assert lengths_of(VideoDatabase(raw_dir)) == {
        "BasketballDrive": 10,
        "Kimono": 10,
        "Yan": 10,
    }


def test_an_unreadable_clip_is_listed_and_fails_when_opened(raw_dir):
    (raw_dir / "videos" / "Kimono.avi").write_bytes(b"no video")
    source = VideoDatabase(raw_dir)
    lengths = {"BasketballDrive": 10, "Kimono": 0, "Yan": 10}
    assert lengths_of(source) == lengths
    with pytest.raises(SourceError, match="Unreadable video .*Kimono.avi"):
        open_named(source, "Kimono")


def test_the_clip_and_the_table_decide_what_is_written(raw_dir):
    source = VideoDatabase(raw_dir)
    assert files_of(source, raw_dir) == {
        "BasketballDrive": [
            "videos/Basketball Drive.avi",
            "video_database.mat",
        ],
        "Kimono": ["videos/Kimono.avi", "video_database.mat"],
        "Yan": ["videos/Yan.avi", "video_database.mat"],
    }
    assert source.settings() == {}


def test_a_clip_opens_with_its_own_fixations(raw_dir):
    source = VideoDatabase(raw_dir)
    basketball, kimono, yan = source.entries()
    raw = source.open(kimono)
    assert raw.original_size == (48, 64)
    assert raw.frames_per_second == 25.0
    assert levels_of(raw.frames) == list(range(10, 110, 10))
    np.testing.assert_array_equal(raw.fixations.frame, [0, 1, 2])
    np.testing.assert_array_equal(raw.fixations.observer, [1, 2, 2])
    np.testing.assert_allclose(raw.fixations.x, [0.5, 0.25, 0.25], rtol=1e-5)
    np.testing.assert_allclose(raw.fixations.y, [0.25, 0.5, 0.5], rtol=1e-5)
    assert raw.left_out == {samples.PAST_END: 2}
    raw = source.open(basketball)
    np.testing.assert_array_equal(raw.fixations.frame, [2, 3])
    np.testing.assert_allclose(raw.fixations.x, [0.75, 0.75], rtol=1e-5)
    assert len(source.open(yan).fixations) == 0


def test_absent_clips_and_rows_without_video_are_counted(raw_dir):
    assert VideoDatabase(raw_dir).left_out() == {
        samples.NOT_A_NUMBER: 1,
        video_database.ABSENT_VIDEOS: 1,
        video_database.ABSENT_EVENTS: 2,
    }


@pytest.mark.parametrize("index", [0, 5, 1.5, -1])
def test_gaze_for_a_video_that_is_not_there_is_an_error(raw_dir, index):
    rows = (*ROWS, (1, index, 0, 40, 32, 12))
    write_table(raw_dir / "video_database.mat", rows=rows)
    with pytest.raises(SourceError, match="row 7 .*video_database.mat") as info:
        VideoDatabase(raw_dir).entries()
    assert f"belongs to video {index}," in str(info.value)


def test_a_video_file_that_is_not_listed_is_counted(raw_dir):
    (raw_dir / "videos" / "Kimono_copy.avi").write_bytes(b"")
    left_out = VideoDatabase(raw_dir).left_out()
    assert left_out[video_database.UNLISTED_VIDEOS] == 1


def test_a_missing_table_is_an_error(tmp_path):
    (tmp_path / "videos").mkdir()
    with pytest.raises(SourceError, match="video_database.mat.* is missing"):
        VideoDatabase(tmp_path).entries()


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="nowhere"):
        VideoDatabase(tmp_path / "nowhere").entries()


def test_a_table_in_another_format_is_an_error(raw_dir):
    (raw_dir / "video_database.mat").write_bytes(b"MATLAB 5.0 MAT-file" * 9)
    with pytest.raises(SourceError, match="mat'. Expected MATLAB v7.3"):
        VideoDatabase(raw_dir).entries()


def change_table(raw_dir, key, value, **options):
    """Puts another thing in the place of a part of the table."""
    with h5py.File(raw_dir / "video_database.mat", "a") as file:
        del file[key]
        if isinstance(value, tuple):
            file.create_dataset(key, value, **options)
        elif isinstance(value, str):
            file.create_group(key)
        else:
            file[key] = value
    video_database.read_table.cache_clear()


FIXDATA = "video_database/fixdata"
LIST = "video_database/video_names_list"
NAME = "#refs#/0"


@pytest.mark.parametrize(
    ("key", "value", "options"),
    [
        (FIXDATA, (6, 2**28), {"dtype": "f8", "chunks": (6, 2**12)}),
        (FIXDATA, (6, 7), {"chunks": (6, 2**25), "maxshape": (6, None)}),
        (LIST, (1, 2**28), {"dtype": h5py.ref_dtype}),
        (NAME, (2**30, 1), {"dtype": "u2", "chunks": (2**12, 1)}),
    ],
)
def test_a_table_of_few_bytes_and_many_numbers_is_not_read(
    raw_dir, key, value, options
):
    change_table(raw_dir, key, value, **options)
    with pytest.raises(SourceError, match="mat'. Expected MATLAB.*numbers in"):
        VideoDatabase(raw_dir).entries()


@pytest.mark.parametrize("key", [FIXDATA, LIST, NAME, "video_database"])
@pytest.mark.parametrize(
    "value",
    [
        "group",
        3.5,
        h5py.SoftLink("/nowhere"),
        h5py.ExternalLink("secret.mat", "/a"),
        h5py.Empty("f8"),
        b"text",
        np.array([0xD800], np.uint16),
        np.full([6, 7], 2.0**40),
        np.zeros([2, 2, 2]),
    ],
)
def test_a_part_of_another_kind_in_a_table_is_a_clear_error(
    raw_dir, key, value
):
    change_table(raw_dir, key, value)
    with pytest.raises(SourceError, match="video_database.mat'") as error:
        VideoDatabase(raw_dir).entries()
    str(error.value).encode()


def test_a_reference_to_nothing_in_a_table_is_a_clear_error(raw_dir):
    change_table(raw_dir, LIST, (1, 3), dtype=h5py.ref_dtype)
    with pytest.raises(SourceError, match="mat'. Expected MATLAB"):
        VideoDatabase(raw_dir).entries()


@pytest.mark.parametrize("key", ["fixdata", "video_names_list"])
def test_a_table_without_a_key_is_an_error(raw_dir, key):
    with h5py.File(raw_dir / "video_database.mat", "a") as file:
        del file["video_database"][key]
    with pytest.raises(SourceError, match="Expected MATLAB v7.3"):
        VideoDatabase(raw_dir).entries()


def test_a_table_of_another_shape_is_an_error(raw_dir):
    with h5py.File(raw_dir / "video_database.mat", "a") as file:
        del file["video_database/fixdata"]
        file["video_database/fixdata"] = np.zeros([5, 7])
    with pytest.raises(SourceError, match=r"Received: shape \[5, 7\]"):
        VideoDatabase(raw_dir).entries()


def test_no_clip_at_all_is_an_error(raw_dir):
    for path in (raw_dir / "videos").iterdir():
        path.unlink()
    with pytest.raises(SourceError, match="No video in .*videos"):
        VideoDatabase(raw_dir).entries()


def test_two_files_for_one_clip_are_an_error(raw_dir):
    path = raw_dir / "videos" / "Kimono.avi"
    (raw_dir / "videos" / "Ki mono.avi").write_bytes(path.read_bytes())
    with pytest.raises(SourceError, match="Two files for the video 'Kimono'"):
        VideoDatabase(raw_dir).entries()


def test_the_source_goes_to_a_worker_without_its_table(raw_dir):
    source = VideoDatabase(raw_dir)
    entries = source.entries()
    assert len(pickle.dumps(source)) < 1000
    assert pickle.loads(pickle.dumps(source)).entries() == entries


def test_clips_of_one_scene_share_a_split():
    for names in video_database.SCENES.values():
        assert len({split_of(name) for name in names}) == 1


def test_the_split_does_not_change():
    # Pinned: a model trained on one split must not meet it in another.
    assert {name: split_of(name) for name in ("Kimono", "Yan", "Vidyo3")} == {
        "Kimono": "test",
        "Yan": "validation",
        "Vidyo3": "train",
    }


@pytest.fixture(scope="module")
def real_database(real_data):
    path = real_data / "video_database"
    if not path.is_dir():
        pytest.skip(f"'{path}' is not there.")
    return VideoDatabase(path)


def test_real_clips_fall_into_all_splits(real_database):
    splits = [entry.split for entry in real_database.entries()]
    counts = {split: splits.count(split) for split in set(splits)}
    assert counts == {"train": 15, "validation": 5, "test": 3}


def test_of_the_real_table_one_row_has_no_video(real_database):
    assert real_database.left_out()[samples.NOT_A_NUMBER] == 1


@pytest.mark.parametrize("name", ["BasketballPass", "Lee"])
def test_fixations_of_a_real_clip_agree_with_the_raw_table(
    real_database, real_data, name
):
    """The other route: what each observer looks at, frame after frame."""
    entries = {entry.video_id: entry for entry in real_database.entries()}
    raw = real_database.open(entries[name])
    with h5py.File(real_data / "video_database/video_database.mat") as file:
        group = file["video_database"]
        names = [
            file[r][()].astype(np.uint16).tobytes().decode("utf-16-le")
            for r in group["video_names_list"][0]
        ]
        table = group["fixdata"][()].T
    table = table[table[:, 1] == names.index(name) + 1]
    frame_ms = 1000 / raw.frames_per_second
    points = []
    for frame in range(1, real_database.num_frames(entries[name]) + 1):
        for observer in np.unique(table[:, 0]):
            mine = table[table[:, 0] == observer]
            begin = np.maximum(np.ceil(mine[:, 2] / frame_ms), 1)
            end = np.ceil((mine[:, 2] + mine[:, 3]) / frame_ms)
            covering = mine[(begin <= frame) & (frame <= end)]
            if len(covering):
                x, y = covering[np.argmax(covering[:, 2]), 4:]
                points.append(
                    (x / raw.original_size[1], y / raw.original_size[0])
                )
    got = np.stack([raw.fixations.x, raw.fixations.y], axis=1)
    np.testing.assert_allclose(got, points, rtol=1e-5)
    np.testing.assert_allclose(
        np.median(got, axis=0), np.median(points, axis=0), rtol=1e-5
    )
