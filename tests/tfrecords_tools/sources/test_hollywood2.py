"""Tests of `tfrecords_tools.sources.hollywood2`."""

import pickle

import numpy as np
import pytest

from rmdn_tf.data.prepared_dataset import read_dataset_info
from tests.helpers.raw_frames import (
    files_of,
    lengths_of,
    levels_of,
    open_named,
    prepare_small,
    records_of,
)
from tests.tfrecords_tools.frames.test_frame_folders import write_video_folder
from tests.tfrecords_tools.frames.test_video_files import (
    grey_frames,
    write_video,
)
from tests.tfrecords_tools.sources.test_actions_in_the_eye import write_gaze
from tests.tfrecords_tools.test_prepare import flag_values
from tfrecords_tools.gaze import samples as gaze
from tfrecords_tools.prepare import run
from tfrecords_tools.raw_video import ABSENT_VIDEOS, SourceError, VideoEntry
from tfrecords_tools.sources import actions_in_the_eye, hollywood2
from tfrecords_tools.sources.hollywood2 import CLASSES, Hollywood2

MEMBERS = {
    "Kiss_train": {"actioncliptrain00004": 1, "actioncliptrain00001": -1},
    "HugPerson_train": {"actioncliptrain00004": 1, "actioncliptrain00001": -1},
    "Run_test": {"actioncliptest00001": 1, "actioncliptest00002": 1},
    # A clip of no class at all.
    "Run_train": {"actioncliptrain00001": -1},
}

# The videos are 64x48 pixels and have ten frames of 40 ms; twenty pixels of
# the screen are one of theirs, and the bars are 32 high.
GAZE = {
    "001_actioncliptrain00004.avi.txt": [
        (0, 640, 512, "F"),
        (40, 320, 272, "F"),
        (42, 0, 0, "S"),
        (44, 0, 0, "B"),
        (600, 640, 512, "F"),  # Recorded on after the video's end.
    ],
    "019_actioncliptrain00004.avi.txt": [(40, 960, 752, "F"), (80, 5, 5, "F")],
    "001_actioncliptest00001.avi.txt": [(360, 640, 272, "F")],
    "001_actioncliptest00777.avi.txt": [(0, 640, 512, "F")],
    "019_actioncliptest00777.avi.txt": [(0, 640, 512, "F")],
}


def write_labels(raw_dir, members=MEMBERS):
    folder = raw_dir / "ClipSets"
    folder.mkdir(parents=True, exist_ok=True)
    for name in CLASSES:
        for split in ("train", "test"):
            file = f"{name}_{split}"
            lines = [
                f"{clip}  {value}\n"
                for clip, value in members.get(file, {}).items()
            ]
            (folder / f"{file}.txt").write_text("".join(lines))
    # Not used: its labels are noisy.
    noisy = folder / "Kiss_autotrain.txt"
    noisy.write_text("actionclipautoautotrain00001  1\n")
    hollywood2.read_labels.cache_clear()


def write_original(raw_dir):
    """Writes three clips, their labels and the gaze; returns the folder."""
    clips = raw_dir / "AVIClips"
    clips.mkdir(parents=True)
    for file in (
        "actioncliptrain00001.AVI",
        "actioncliptrain00004.avi",
        "actioncliptest00001.avi",
        "sceneclipautoautotrain00001.avi",
    ):
        write_video(clips / file.lower(), grey_frames(range(10, 110, 10)))
        (clips / file.lower()).rename(clips / file)
    write_labels(raw_dir)
    write_gaze(raw_dir / "gaze", GAZE)
    return raw_dir


def write_shots(raw_dir):
    """Writes shots with the traps of the release; returns the folder."""
    for name, maps in {
        # The video starts at 3; three frames are missing between its shots.
        "training/actioncliptrain00004_1": {
            "00003": [(6, 8)],
            "00004": [],
        },
        "training/actioncliptrain00004_2": {
            "00008": [],
            "00009": [(6, 8), (18, 24)],
            "00010": [(18, 24)],
        },
        # A shot of one frame.
        "training/actioncliptrain00004_10": {"00014": [(0, 0)]},
        "training/actioncliptrain00001_1": {"00003": []},
        "testing/actioncliptest00001_1": {"00049": [(12, 16)]},
    }.items():
        prefix = name.split("/")[1].split("_")[0] + "_"
        write_video_folder(raw_dir / name, prefix, maps)
    return raw_dir


@pytest.fixture
def original(tmp_path):
    return write_original(tmp_path / "raw")


def test_the_clips_of_actions_are_listed_with_their_splits(original):
    assert Hollywood2(original).entries() == [
        VideoEntry("actioncliptest00001", "test"),
        VideoEntry("actioncliptrain00001", "train"),
        VideoEntry("actioncliptrain00004", "validation"),
    ]


LABEL_FILES = [
    f"ClipSets/{name}_{split}.txt"
    for name in CLASSES
    for split in ("train", "test")
]


def test_a_clip_its_gaze_and_the_labels_decide_what_is_written(original):
    source = Hollywood2(original)
    files = files_of(source, original)
    tables = ["gaze/geometry.txt", *LABEL_FILES]
    assert files == {
        "actioncliptest00001": [
            "AVIClips/actioncliptest00001.avi",
            "gaze/samples/001_actioncliptest00001.avi.txt",
            *tables,
        ],
        "actioncliptrain00001": ["AVIClips/actioncliptrain00001.AVI", *tables],
        "actioncliptrain00004": [
            "AVIClips/actioncliptrain00004.avi",
            "gaze/samples/001_actioncliptrain00004.avi.txt",
            "gaze/samples/019_actioncliptrain00004.avi.txt",
            *tables,
        ],
    }
    assert source.settings() == {}


def test_clips_without_gaze_and_labels_depend_on_themselves(tmp_path):
    write_original(tmp_path)
    (tmp_path / "gaze").rename(tmp_path.parent / "gaze")
    (tmp_path / "ClipSets").rename(tmp_path.parent / "ClipSets")
    files = files_of(Hollywood2(tmp_path), tmp_path)
    assert files["actioncliptrain00004"] == [
        "AVIClips/actioncliptrain00004.avi"
    ]


def test_a_clip_opens_with_labels_and_gaze(original):
    raw = open_named(Hollywood2(original), "actioncliptrain00004")
    assert raw.original_size == (48, 64)
    assert raw.frames_per_second == 25.0
    assert raw.knows_observers
    assert raw.labels == ("HugPerson", "Kiss")
    assert levels_of(raw.frames) == list(range(10, 110, 10))
    np.testing.assert_array_equal(raw.fixations.frame, [0, 1, 1])
    np.testing.assert_array_equal(raw.fixations.observer, [1, 1, 19])
    np.testing.assert_allclose(raw.fixations.x, [0.5, 0.25, 0.75], rtol=1e-6)
    np.testing.assert_allclose(raw.fixations.y, [0.5, 0.25, 0.75], rtol=1e-6)
    assert raw.left_out == {
        gaze.SAMPLES_OF_SACCADES: 1,
        gaze.SAMPLES_OF_BLINKS: 1,
        gaze.SAMPLES_PAST_END: 1,
        gaze.SAMPLES_OUTSIDE: 1,
    }


def test_a_clip_of_no_class_and_without_gaze_opens(original):
    raw = open_named(Hollywood2(original), "actioncliptrain00001")
    assert raw.labels == ()
    assert len(raw.fixations) == 0
    assert raw.left_out == {actions_in_the_eye.VIDEOS_WITHOUT_GAZE: 1}


def test_what_belongs_to_no_clip_is_counted(original):
    assert Hollywood2(original).left_out() == {
        ABSENT_VIDEOS: 1,
        actions_in_the_eye.ABSENT_VIDEOS: 2,
        hollywood2.OTHER_FILES: 1,
    }


def test_clips_without_lists_of_labels_are_counted(original):
    (original / "ClipSets").rename(original / "elsewhere")
    raw = open_named(Hollywood2(original), "actioncliptest00001")
    assert raw.labels == ()
    assert raw.left_out == {
        hollywood2.VIDEOS_WITHOUT_LABELS: 1,
        actions_in_the_eye.MISSING_OBSERVERS: 1,
    }


def test_the_original_form_comes_out_as_records(original, tmp_path):
    output_dir = tmp_path / "prepared"
    info = prepare_small(Hollywood2(original), output_dir)
    assert {
        split: (n.num_videos, n.num_frames, n.num_fixations)
        for split, n in info.splits.items()
    } == {"train": (1, 10, 0), "validation": (1, 10, 3), "test": (1, 10, 1)}
    assert info.left_out == {
        ABSENT_VIDEOS: 1,
        actions_in_the_eye.ABSENT_VIDEOS: 2,
        actions_in_the_eye.MISSING_OBSERVERS: 1,
        gaze.SAMPLES_OF_BLINKS: 1,
        gaze.SAMPLES_OF_SACCADES: 1,
        actions_in_the_eye.VIDEOS_WITHOUT_GAZE: 1,
        gaze.SAMPLES_OUTSIDE: 1,
        gaze.SAMPLES_PAST_END: 1,
        hollywood2.OTHER_FILES: 1,
    }
    record = records_of(output_dir)["actioncliptrain00004"]
    assert record["labels"].numpy().tolist() == [b"HugPerson", b"Kiss"]
    assert record["fixation_frame"].numpy().tolist() == [0, 1, 1]
    assert record["fixation_observer"].numpy().tolist() == [1, 1, 19]


def test_gaze_for_a_clip_that_is_not_there_is_an_error(original):
    write_gaze(original / "gaze", {"002_othervideo.avi.txt": []})
    with pytest.raises(SourceError, match="002_othervideo.avi.txt"):
        Hollywood2(original).entries()


def test_an_unreadable_clip_does_not_keep_the_others_from_being_listed(
    original,
):
    path = original / "AVIClips" / "actioncliptrain00004.avi"
    path.write_bytes(path.read_bytes()[:5000])
    source = Hollywood2(original)
    assert list(lengths_of(source).values()) == [10, 10, 0]
    with pytest.raises(SourceError, match="actioncliptrain00004.avi"):
        open_named(source, "actioncliptrain00004")


def test_two_files_for_one_clip_are_an_error(original):
    path = original / "AVIClips" / "actioncliptrain00004.avi"
    path.with_name("ActionClipTrain00004.avi").write_bytes(path.read_bytes())
    with pytest.raises(SourceError, match="Two files for the clip"):
        Hollywood2(original).entries()


def test_a_folder_without_clips_is_an_error(tmp_path):
    (tmp_path / "AVIClips").mkdir()
    with pytest.raises(SourceError, match="No clip .* in .*AVIClips"):
        Hollywood2(tmp_path).entries()


def test_a_missing_list_of_labels_is_an_error(original):
    (original / "ClipSets" / "SitUp_test.txt").unlink()
    with pytest.raises(SourceError, match="SitUp_test.txt.*12 classes"):
        open_named(Hollywood2(original), "actioncliptest00001")


@pytest.mark.parametrize(
    "line",
    [
        "actioncliptrain00009",
        "actioncliptrain00009 0",
        "actioncliptrain00009 1 1",
        "\ufeff",
        "actioncliptrain00004 -1",  # The line above says 1.
    ],
)
def test_a_malformed_line_of_labels_is_an_error(original, line):
    path = original / "ClipSets" / "Kiss_train.txt"
    path.write_text(f"actioncliptrain00004 1\n{line}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 2 of .*Kiss_train.txt"):
        open_named(Hollywood2(original), "actioncliptest00001")


def test_a_folder_with_neither_form_or_both_is_an_error(original, tmp_path):
    with pytest.raises(SourceError, match="Received: neither"):
        Hollywood2(tmp_path / "nowhere").entries()
    (original / "testing").mkdir()
    with pytest.raises(SourceError, match="Received: both"):
        Hollywood2(original).entries()


def test_the_source_goes_to_a_worker(original):
    source = Hollywood2(original)
    assert pickle.loads(pickle.dumps(source)).entries() == source.entries()
    assert len(pickle.dumps(source)) < 1000


def test_a_fifth_of_the_training_videos_is_held_out():
    # Pinned: a model trained on one split must not meet it in another.
    splits = [
        hollywood2.train_or_validation(f"actioncliptrain{number:05d}")
        for number in range(1, 824)
    ]
    assert splits.count("validation") == 168


@pytest.mark.parametrize(
    "write", [write_original, write_shots], ids=["original", "shots"]
)
def test_the_entry_tells_the_form_by_itself(write, tmp_path):
    values = flag_values(
        "--dataset=hollywood2",
        f"--raw_dir={write(tmp_path / 'raw')}",
        f"--output_dir={tmp_path / 'prepared'}",
        "--workers=1",
    )
    assert run(values) == 0
    assert read_dataset_info(tmp_path / "prepared").name == "hollywood2"
