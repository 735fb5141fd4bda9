"""Tests of `tfrecords_tools.sources.dhf1k` and its raw gaze."""

import collections
import pickle

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_frames import files_of, lengths_of, open_named, prepare_small
from test_video import grey_frames, write_video

from rmdn_tf.records import parse_example
from tfrecords_tools import frame_folders, gaze
from tfrecords_tools import prepare as prepare_module
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources import dhf1k, dhf1k_gaze
from tfrecords_tools.sources.dhf1k import Dhf1k, split_of

HEADER = (
    "Time\tType\tTrial\tL Dia X [px]\tL Dia Y [px]\tL POR X [px]\t"
    "L POR Y [px]\tL Event Info"
)
START = 84042779051  # Microseconds of the eye tracker's clock.
ALONE = {dhf1k.ABSENT: 999}


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


def read_records(data_dir):
    return {
        parsed["video_id"].numpy().decode(): parsed
        for path in sorted(data_dir.glob("*.tfrecord-*"))
        for parsed in map(parse_example, tf.data.TFRecordDataset(str(path)))
    }


def points_of(fixations):
    return list(
        zip(
            fixations.frame.tolist(),
            fixations.observer.tolist(),
            np.round(fixations.x.astype(float), 5).tolist(),
            np.round(fixations.y.astype(float), 5).tolist(),
            strict=True,
        )
    )


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
    assert info["left_out"] == {
        dhf1k.ABSENT: 996,
        dhf1k.WITHOUT_GAZE: 1,  # 601; of 701 and 1000 none is public.
        frame_folders.FRAMES_WITHOUT_MAP: 1,
    }
    records = read_records(tmp_path / "a")
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
    assert info["left_out"] == {
        dhf1k.ABSENT: 998,
        frame_folders.MISSING_FRAMES: 1,
    }
    records = read_records(tmp_path / "a")
    record = records["0002"]
    assert record["frames_per_second"] == 30
    # Frame 3 is missing, so the fixation on 4 is on the third record frame.
    np.testing.assert_array_equal(record["fixation_frame"], [0, 0, 2])
    np.testing.assert_allclose(record["fixation_x"][2], 16.5 / 64, rtol=1e-5)
    level = tf.io.decode_jpeg(record["frames"][2]).numpy().mean()
    assert abs(level - 40) <= 1
    assert len(records["0801"]["fixation_frame"]) == 0


def test_raw_gaze_is_prepared_with_numbers_worked_out_by_hand(tmp_path):
    # Screen 1440x900, video 64x36: a = 64/1440, bars of 45 pixels.
    rows = [
        (0, 720, 450, "-"),  # Starts the clock, though of no event.
        (5000, 720, 450, "Fixation"),  # Frame 0, 0.15.
        (15000, 360, 247.5, "Fixation"),  # Frame 0, 0.45: stays.
        (25000, 1080, 652.5, "Fixation"),  # Frame 0, 0.75.
        (33333, 720, 450, "Fixation"),  # Frame 0, 0.99999.
        (33334, 720, 450, "Fixation"),  # Frame 1, 1.00002.
        (70000, 720, 450, "Saccade"),
        (70000, 0, 0, "Blink"),
        (100000, 720, 44.9, "Fixation"),  # Frame 3, in the bar on top.
        (101000, 1440, 450, "Fixation"),  # Right of the frame.
        (102000, "nan", 450, "Fixation"),
        (103000, "-", "-", "Fixation"),
        (104000, 0, 45, "Fixation"),  # The corner, frame 3.
        (133334, 720, 450, "Fixation"),  # Frame 4: past the end.
        (1133334, 720, 450, "Saccade"),
    ]
    raw_dir = tmp_path / "raw"
    write_clip(raw_dir)
    write_gaze(raw_dir, rows)
    # Another clock, more digits, a message, Windows' line ends.
    path = write_gaze(raw_dir, [(0, 1, 46, "Blink")], "P017/P017_Trail0002.txt")
    path.write_bytes(
        (
            f"{HEADER}\r\n99\tMSG\t1\t# Message: go\r\n"
            "100\tSMP\t1\t0\t0\t720\t450\tFixation\r\n\r\n"
        ).encode()
    )
    write_maps(raw_dir)  # Raw gaze goes before maps.
    source = Dhf1k(raw_dir)
    assert source.form == "raw_gaze"
    raw = source.open(VideoEntry("0002", "train"))
    assert raw.original_size == (36, 64)
    assert points_of(raw.fixations) == [
        (0, 1, 0.25, 0.25),
        (0, 17, 0.5, 0.5),
        (1, 1, 0.5, 0.5),
        (3, 1, 0.0, 0.0),
    ]
    left_out = {
        gaze.SAMPLES_OF_NO_EVENT: 1,
        gaze.SAMPLES_OF_SACCADES: 2,
        gaze.SAMPLES_OF_BLINKS: 1,
        gaze.SAMPLES_OUTSIDE: 2,
        gaze.SAMPLES_NOT_NUMBERS: 2,
        gaze.SAMPLES_PAST_END: 1,
        gaze.SAMPLES_BESIDE: 3,
        dhf1k_gaze.OTHER_ROWS: 1,
    }
    assert raw.left_out == left_out
    info = prepare_small(source, tmp_path / "a")
    assert info["left_out"] == left_out | ALONE
    record = read_records(tmp_path / "a")["0002"]
    np.testing.assert_array_equal(record["fixation_observer"], [1, 17, 1, 1])
    np.testing.assert_array_equal(record["fixation_frame"], [0, 0, 1, 3])


def test_gaze_and_videos_need_not_match(tmp_path):
    write_clip(tmp_path)
    write_clip(tmp_path, "video/701.AVI")
    write_clip(tmp_path, "video/1001.AVI")
    (tmp_path / "video" / "readme.txt").write_text("hello")
    row = [(0, 720, 450, "Fixation")]
    for name in (
        "P01/P01_Trail003.txt",
        "P002/P002_Trail0003.txt",
        "P01/P01_Trail003 (1).txt",
        "P01/P02_Trail002.txt",
    ):
        write_gaze(tmp_path, row, name)
    source = Dhf1k(tmp_path)
    assert source.left_out() == {
        dhf1k.ABSENT: 998,
        dhf1k.OTHER_FILES: 4,
        dhf1k.WITHOUT_GAZE: 1,
        dhf1k.GAZE_WITHOUT_VIDEO: 2,
    }
    assert [entry.video_id for entry in source.entries()] == ["0002", "0701"]
    assert len(source.open(source.entries()[0]).fixations) == 0


def test_an_empty_recording_is_counted(tmp_path):
    write_clip(tmp_path)
    write_gaze(tmp_path, [])
    raw = Dhf1k(tmp_path).open(VideoEntry("0002", "train"))
    assert raw.left_out == {dhf1k_gaze.EMPTY_RECORDINGS: 1}


@pytest.mark.parametrize(
    "line",
    [
        "12.5\tSMP\t1\t0\t0\t720\t450\tFixation",
        f"{'9' * 5000}\tSMP\t1\t0\t0\t720\t450\tFixation",
        "100\tSMP\t1\t0\t0\tleft\t450\tFixation",
        "100\tSMP\t1\t0\t0\t720\t450\tUnheard",
        "100\tSMP\t1\t0\t0\t720\t450",
        "100\tSMP\t1\t0\t0\t720\t450\tFixation\t5",
    ],
)
def test_a_malformed_line_of_gaze_is_an_error(tmp_path, line):
    write_clip(tmp_path)
    path = write_gaze(tmp_path, [(0, 720, 450, "Fixation")])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(SourceError, match="line 3 of .*P01_Trail002.txt"):
        Dhf1k(tmp_path).open(VideoEntry("0002", "train"))


@pytest.mark.parametrize(
    "header",
    ["", HEADER.replace("\t", ","), HEADER.replace("L POR Y [px]", "y")],
)
def test_a_malformed_header_of_gaze_is_an_error(tmp_path, header):
    write_clip(tmp_path)
    write_gaze(tmp_path, [(0, 720, 450, "Fixation")], header=header)
    with pytest.raises(SourceError, match="header, line 1, of .*P01_Trail002"):
        Dhf1k(tmp_path).open(VideoEntry("0002", "train"))


def test_the_columns_may_be_those_of_the_right_eye(tmp_path):
    write_clip(tmp_path)
    rows = [(0, 720, 450, "Fixation")]
    write_gaze(tmp_path, rows, header=HEADER.replace("L ", "R "))
    raw = Dhf1k(tmp_path).open(VideoEntry("0002", "train"))
    assert points_of(raw.fixations) == [(0, 1, 0.5, 0.5)]


def test_two_recordings_of_one_observer_are_an_error(tmp_path):
    write_clip(tmp_path)
    write_gaze(tmp_path, [], "P1/P1_Trail002.txt")
    write_gaze(tmp_path, [], "P001/P001_Trail0002.txt")
    with pytest.raises(SourceError, match="observer 1 and the video 2"):
        Dhf1k(tmp_path).left_out()


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


CELLS = st.sampled_from(
    ["100", "99", "-5", "nan", "inf", "1e400", "SMP", "Fixation", "Blink", "-"]
) | st.text(max_size=3)


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(st.lists(CELLS, min_size=7, max_size=9), max_size=4)
)
def test_fuzzed_gaze_is_an_error_or_counted(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("gaze") / "P01_Trail002.txt"
    if isinstance(content, list):
        content = "\n".join("\t".join(cells) for cells in content).encode()
        content = HEADER.encode() + b"\n" + content
    path.write_bytes(content)
    try:
        samples, left_out = dhf1k_gaze.read_recordings({1: path}, (36, 64))
    except SourceError as error:
        assert "P01_Trail002.txt" in str(error)
        return
    fixations, more = gaze.samples_to_fixations(samples, (36, 64), 4)
    assert len(fixations) + sum(more.values()) == len(samples)
