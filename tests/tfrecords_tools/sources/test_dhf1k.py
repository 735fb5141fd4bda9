"""Tests of `tfrecords_tools.sources.dhf1k`."""

import collections
import pickle

import numpy as np
import pytest
import tensorflow as tf
from absl import flags

from tests.helpers.raw_frames import (
    files_of,
    lengths_of,
    open_named,
    prepare_small,
    records_of,
)
from tests.tfrecords_tools.frames.test_video_files import (
    grey_frames,
    write_video,
)
from tfrecords_tools import prepare as prepare_module
from tfrecords_tools.frames import frame_folders
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources import dhf1k, dhf1k_gaze
from tfrecords_tools.sources.dhf1k import Dhf1k, split_of

HEADER = (
    "Time\tType\tTrial\tL Dia X [px]\tL Dia Y [px]\tL POR X [px]\t"
    "L POR Y [px]\tL Event Info"
)
START = 84042779051  # Microseconds of the eye tracker's clock.


def write_map(path, points, size=(36, 64)):
    """Writes a binary map with 255 at (row, column) of each point."""
    image = np.zeros([*size, 1], np.uint8)
    for row, column in points:
        image[row, column] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(image).numpy())


def write_image(path, level):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = grey_frames([level], 36, 64)[0]
    path.write_bytes(tf.io.encode_png(image).numpy())


def write_clip(raw_dir, name="video/002.AVI", num_frames=4):
    """Writes a video of 64x36 pixels and 30 frames a second."""
    path = raw_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = grey_frames(range(10, 10 * num_frames + 10, 10), 36, 64)
    write_video(path.with_suffix(".avi"), frames, 30)
    path.with_suffix(".avi").rename(path)


def write_maps(raw_dir, number="0002"):
    """Writes maps of three frames, and the traps of the release."""
    folder = raw_dir / "annotation" / number / "fixation"
    write_map(folder / "0001.png", [(0, 0), (35, 63)])
    write_map(folder / "0002.png", [])
    write_map(folder / "0004.png", [(18, 16)])
    (folder / "maps").mkdir()
    (folder / "maps" / "0001.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    (folder.parent / "maps").mkdir()
    (folder.parent / "maps" / "0001.png").write_bytes(b"a blurred map")


def write_gaze(raw_dir, rows, name="P01/P01_Trail002.txt", header=HEADER):
    """Writes rows (microseconds from the start, x, y of the screen, event)."""
    path = raw_dir / "exportdata_train" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [header] + [
        f"{START + t}\tSMP\t1\t16.38\t16.38\t{x}\t{y}\t{event}"
        for t, x, y, event in rows
    ]
    path.write_text("\n".join(lines) + "\n")
    dhf1k_gaze.list_recordings.cache_clear()
    return path


def test_videos_with_maps_are_prepared(tmp_path):
    raw_dir = tmp_path / "raw"
    write_clip(raw_dir)
    write_clip(raw_dir, "video/701.avi")
    write_clip(raw_dir, "video/1000.AVI")
    write_clip(raw_dir, "video/601.AVI")
    write_maps(raw_dir)
    source = Dhf1k(raw_dir)
    assert source.form == "video"
    info = prepare_small(source, tmp_path / "a")
    assert info.left_out == {
        dhf1k.ABSENT: 996,
        dhf1k.WITHOUT_GAZE: 1,  # 601; of 701 and 1000 none is public.
        frame_folders.FRAMES_WITHOUT_MAP: 1,
    }
    records = records_of(tmp_path / "a")
    assert {k: r["split"].numpy().decode() for k, r in records.items()} == {
        "0002": "train",
        "0601": "validation",
        "0701": "test",
        "1000": "test",
    }
    record = records["0002"]
    assert record["num_frames"] == 4
    assert record["frames_per_second"] == 30
    np.testing.assert_array_equal(record["fixation_frame"], [0, 0, 3])
    x = [0.5 / 64, 63.5 / 64, 16.5 / 64]
    np.testing.assert_allclose(record["fixation_x"], x, rtol=1e-5)
    y = [0.5 / 36, 35.5 / 36, 18.5 / 36]
    np.testing.assert_allclose(record["fixation_y"], y, rtol=1e-5)
    assert len(records["0701"]["fixation_frame"]) == 0


def test_extracted_frames_with_maps_are_prepared(tmp_path):
    raw_dir = tmp_path / "raw"
    write_maps(raw_dir)
    images = raw_dir / "annotation" / "0002" / "images"
    for number, level in ((1, 10), (2, 20), (4, 40)):
        write_image(images / f"{number:04d}.png", level)
    write_image(raw_dir / "annotation/0801/images/0001.png", 80)
    (raw_dir / "annotation/0003/fixation").mkdir(parents=True)
    source = Dhf1k(raw_dir)
    assert source.form == "frames"
    info = prepare_small(source, tmp_path / "a")
    assert info.left_out == {
        dhf1k.ABSENT: 998,
        frame_folders.MISSING_FRAMES: 1,
    }
    records = records_of(tmp_path / "a")
    record = records["0002"]
    assert record["frames_per_second"] == 30
    # Frame 3 is missing, so the fixation on 4 is on the third record frame.
    np.testing.assert_array_equal(record["fixation_frame"], [0, 0, 2])
    np.testing.assert_allclose(record["fixation_x"][2], 16.5 / 64, rtol=1e-5)
    level = tf.io.decode_jpeg(record["frames"][2]).numpy().mean()
    assert abs(level - 40) <= 1
    assert len(records["0801"]["fixation_frame"]) == 0


def test_two_videos_of_one_number_are_an_error(tmp_path):
    write_clip(tmp_path)
    write_clip(tmp_path, "video/0002.avi")
    with pytest.raises(SourceError, match="Two videos of the number 2"):
        Dhf1k(tmp_path).entries()


@pytest.mark.parametrize("form", [None, "video", "frames", "raw_gaze"])
def test_an_empty_folder_is_an_error(tmp_path, form):
    with pytest.raises(SourceError, match=str(tmp_path)):
        Dhf1k(tmp_path, form).entries()


def test_a_folder_without_a_video_is_an_error(tmp_path):
    (tmp_path / "video").mkdir()
    with pytest.raises(SourceError, match="No video of DHF1K"):
        Dhf1k(tmp_path).entries()


def test_an_unknown_form_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="Invalid `form`"):
        Dhf1k(tmp_path, "images")


def test_the_form_can_be_chosen(tmp_path):
    write_clip(tmp_path)
    write_gaze(tmp_path, [(0, 720, 450, "Fixation")])
    write_maps(tmp_path)
    raw = Dhf1k(tmp_path, "video").open(VideoEntry("0002", "train"))
    assert len(raw.fixations) == 3


def write_every_form(raw_dir):
    """Writes a video with maps, frames, and the gaze of two observers."""
    write_clip(raw_dir)
    write_maps(raw_dir)
    for number in (1, 2, 3, 4):
        write_image(
            raw_dir / f"annotation/0002/images/{number:04d}.png", 10 * number
        )
    for name in ("P01/P01_Trail002.txt", "P017/P017_Trail0002.txt"):
        write_gaze(raw_dir, [(0, 720, 450, "Fixation")], name)
    write_gaze(raw_dir, [(0, 1, 46, "Blink")], "P01/P01_Trail003.txt")


VIDEO = ["video/002.AVI"]
IMAGES = [f"annotation/0002/images/{n:04d}.png" for n in (1, 2, 3, 4)]
MAPS = [f"annotation/0002/fixation/{n:04d}.png" for n in (1, 2, 4)]
RAW_GAZE = [
    f"exportdata_train/{name}.txt"
    for name in ("P01/P01_Trail002", "P017/P017_Trail0002")
]


@pytest.mark.parametrize(
    ("form", "files"),
    [
        ("video", VIDEO + MAPS),
        ("frames", IMAGES + MAPS),
        ("raw_gaze", VIDEO + RAW_GAZE),
    ],
)
def test_the_form_says_which_files_decide_what_is_written(
    tmp_path, form, files
):
    write_every_form(tmp_path)
    source = Dhf1k(tmp_path, form)
    assert files_of(source, tmp_path) == {"0002": files}
    assert source.settings() == {"form": form}
    assert lengths_of(source) == {"0002": 4}
    # Maps hold the points of all observers together.
    raw = open_named(source, "0002")
    assert raw.knows_observers == (form == "raw_gaze")


def test_the_form_in_effect_is_a_setting_though_none_was_given(tmp_path):
    write_every_form(tmp_path)
    assert Dhf1k(tmp_path).settings() == {"form": "raw_gaze"}


def test_a_video_without_gaze_depends_on_itself(tmp_path):
    write_clip(tmp_path)
    assert files_of(Dhf1k(tmp_path), tmp_path) == {"0002": VIDEO}


def test_an_unreadable_video_is_listed_and_fails_when_opened(tmp_path):
    write_clip(tmp_path)
    write_clip(tmp_path, "video/003.AVI")
    (tmp_path / "video" / "002.AVI").write_bytes(b"no video")
    source = Dhf1k(tmp_path)
    assert lengths_of(source) == {"0002": 0, "0003": 4}
    with pytest.raises(SourceError, match="Unreadable video .*002.AVI"):
        open_named(source, "0002")


def test_the_form_is_a_flag(tmp_path):
    write_clip(tmp_path)
    values = flags.FlagValues()
    prepare_module.define_flags(values)
    arguments = ["--dataset=dhf1k", "--output_dir=a", f"--raw_dir={tmp_path}"]
    values(["prepare", *arguments])
    assert prepare_module.SOURCES["dhf1k"](values).form == "video"
    for form in dhf1k.FORMS:
        values(["prepare", *arguments, f"--dhf1k_form={form}"])
        assert prepare_module.SOURCES["dhf1k"](values).form == form


def test_the_splits_are_those_published():
    splits = collections.Counter(map(split_of, range(1, 1001)))
    assert splits == {"train": 600, "validation": 100, "test": 300}
    assert [split_of(n) for n in (600, 601, 700, 701)] == [
        "train",
        "validation",
        "validation",
        "test",
    ]


def test_the_source_goes_to_a_worker(tmp_path):
    write_clip(tmp_path)
    source = Dhf1k(tmp_path)
    assert pickle.loads(pickle.dumps(source)).entries() == source.entries()
