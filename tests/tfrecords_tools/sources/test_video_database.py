"""Tests of `tfrecords_tools.sources.video_database`."""

import h5py
import numpy as np
import pytest

from tests.helpers.raw_writers import (
    LEVELS,
    TABLE_ROWS,
    write_table,
    write_video_database,
)
from tests.helpers.source_checks import (
    check_fixations,
    files_of,
    levels_of,
)
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources import video_database
from tfrecords_tools.sources.disk_source import ABSENT_VIDEOS
from tfrecords_tools.sources.video_database import VideoDatabase, split_of


@pytest.fixture
def raw_dir(copy_of):
    return copy_of(write_video_database)


def test_the_clip_and_the_table_decide_what_is_written(raw_dir):
    assert files_of(VideoDatabase(raw_dir), raw_dir) == {
        "BasketballDrive": [
            "videos/Basketball Drive.avi",
            "video_database.mat",
        ],
        "Kimono": ["videos/Kimono.avi", "video_database.mat"],
        "Yan": ["videos/Yan.avi", "video_database.mat"],
    }


def test_a_clip_opens_with_its_own_fixations(raw_dir):
    source = VideoDatabase(raw_dir)
    basketball, kimono, yan = map(source.open, source.entries())
    assert kimono.original_size == (48, 64)
    assert kimono.frames_per_second == 25.0
    assert levels_of(kimono.frames) == list(LEVELS)
    x, y = [0.5, 0.25, 0.25], [0.25, 0.5, 0.5]
    check_fixations(kimono.fixations, [0, 1, 2], [1, 2, 2], x, y)
    assert kimono.left_out == {gaze.PAST_END: 2}
    check_fixations(
        basketball.fixations, [2, 3], [1, 1], [0.75] * 2, [0.75] * 2
    )
    assert len(yan.fixations) == 0


def test_what_has_no_clip_or_no_line_in_the_table_is_counted(raw_dir):
    (raw_dir / "videos" / "Kimono_copy.avi").write_bytes(b"")
    assert VideoDatabase(raw_dir).left_out() == {
        gaze.NOT_A_NUMBER: 1,
        ABSENT_VIDEOS: 1,
        video_database.ABSENT_EVENTS: 2,
        VideoDatabase.others: 1,
    }


@pytest.mark.parametrize("index", [0, 5, 1.5, -1])
def test_gaze_for_an_unknown_video_is_an_error(raw_dir, index):
    rows = (*TABLE_ROWS, (1, index, 0, 40, 32, 12))
    write_table(raw_dir / "video_database.mat", rows)
    with pytest.raises(SourceError, match="row 7 .*video_database.mat") as info:
        VideoDatabase(raw_dir).entries()
    assert f"belongs to video {index}," in str(info.value)


def test_a_missing_table_and_one_in_another_format_are_errors(raw_dir):
    path = raw_dir / "video_database.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file" * 9)
    with pytest.raises(SourceError, match="mat'. Expected MATLAB v7.3"):
        VideoDatabase(raw_dir).entries()
    path.unlink()
    with pytest.raises(SourceError, match="video_database.mat.* is missing"):
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


FIXDATA = "video_database/fixdata"
LIST = "video_database/video_names_list"
NAME = "#refs#/0"


@pytest.mark.parametrize(
    ("key", "value", "options"),
    [
        (FIXDATA, (6, 2**28), {"dtype": "f8", "chunks": (6, 2**12)}),
        (
            FIXDATA,
            (6, 7),
            {"dtype": "f4", "chunks": (6, 2**25), "maxshape": (6, None)},
        ),
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


@pytest.mark.parametrize("key", [FIXDATA, LIST])
def test_a_table_without_a_key_is_an_error(raw_dir, key):
    with h5py.File(raw_dir / "video_database.mat", "a") as file:
        del file[key]
    with pytest.raises(SourceError, match="Expected MATLAB v7.3"):
        VideoDatabase(raw_dir).entries()


def test_a_table_of_another_shape_is_an_error(raw_dir):
    change_table(raw_dir, FIXDATA, np.zeros([5, 7]))
    with pytest.raises(SourceError, match=r"Received: shape \[5, 7\]"):
        VideoDatabase(raw_dir).entries()


def test_the_split_does_not_change_and_clips_of_one_scene_share_it():
    for names in video_database.SCENES.values():
        assert len({split_of(name) for name in names}) == 1
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


def test_real_clips_fall_into_all_splits_and_one_row_has_no_video(
    real_database,
):
    splits = [entry.split for entry in real_database.entries()]
    counts = {split: splits.count(split) for split in set(splits)}
    assert counts == {"train": 15, "validation": 5, "test": 3}
    assert real_database.left_out()[gaze.NOT_A_NUMBER] == 1


@pytest.mark.parametrize("name", ["BasketballPass", "Lee"])
def test_fixations_of_a_real_clip_agree_with_the_raw_table(
    real_database, real_data, name
):
    """The other route: what each observer looks at, frame after frame."""
    entry = VideoEntry(name, split_of(name))
    raw = real_database.open(entry)
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
    for frame in range(1, real_database.num_frames(entry) + 1):
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
