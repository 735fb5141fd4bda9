"""Tests of `tfrecords_tools.sources.ucf_sports`."""

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
)
from tests.tfrecords_tools.frames.test_frame_folders import (
    write_frame,
    write_video_folder,
)
from tests.tfrecords_tools.frames.test_video_files import (
    grey_frames,
    write_video,
)
from tests.tfrecords_tools.sources.test_actions_in_the_eye import write_gaze
from tests.tfrecords_tools.sources.test_hollywood2 import records_of
from tests.tfrecords_tools.test_prepare import flag_values
from tfrecords_tools.frames import frame_folders
from tfrecords_tools.gaze import samples
from tfrecords_tools.prepare import run
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources import actions_in_the_eye, ucf_sports
from tfrecords_tools.sources.ucf_sports import UcfSports, split_of

# The videos are 64x48 pixels; twenty pixels of the screen are one of theirs,
# and the bars are 32 high.
GAZE = {
    "003_Diving-Side_001.avi.txt": [
        (0, 640, 512, "F"),
        (40, 320, 272, "F"),
        (42, 0, 0, "S"),
    ],
    "001_Golf-Swing-Back_002.avi.txt": [(100, 960, 752, "F")],
    "003_Golf-Swing-Back_002.avi.txt": [(0, 960, 752, "F")],
    "001_Lifting_003.avi.txt": [(0, 640, 512, "F")],
}

# All 150 of the dataset, by kind.
NUM_VIDEOS = {
    "Diving-Side": 14,
    "Golf-Swing-Back": 5,
    "Golf-Swing-Front": 8,
    "Golf-Swing-Side": 5,
    "Kicking-Front": 10,
    "Kicking-Side": 10,
    "Lifting": 6,
    "Riding-Horse": 12,
    "Run-Side": 13,
    "SkateBoarding-Front": 12,
    "Swing-Bench": 20,
    "Swing-SideAngle": 13,
    "Walk-Front": 22,
}


def write_videos(raw_dir):
    """Writes three videos and the gaze; returns the folder."""
    raw_dir.mkdir()
    frames = grey_frames(range(10, 60, 10))
    write_video(raw_dir / "Diving-Side_001.avi", frames)
    # As the first release holds them: by folder, or only as frames.
    folder = raw_dir / "ucf action" / "Kicking-Front" / "002"
    folder.mkdir(parents=True)
    write_video(folder / "7608-9_70(2)151.avi", frames)
    folder = raw_dir / "ucf action" / "Golf-Swing-Back" / "002"
    for number in (70, 71, 72):
        write_frame(folder / f"2538-5_7{number:03}.jpg", number, 48, 64)
        write_frame(folder / "gt" / f"{number:03}.png", 0)
    write_video(raw_dir / "trailer.avi", frames[:1])
    return write_gaze(raw_dir, GAZE)


def write_frames(raw_dir):
    """Writes folders of frames and of fixation maps; returns the folder."""
    for folder, maps in {
        "training/Diving-Side-001": {"001": [], "002": [(6, 8)]},
        "training/Golf-Swing-Back-002": {"001": [(6, 8), (18, 24)]},
        "testing/Walk-Front-020": {"001": [(12, 16)]},
    }.items():
        # The last hyphen of the folder is an underscore in its files.
        prefix = "_".join(folder.split("/")[1].rsplit("-", 1)) + "_"
        write_video_folder(raw_dir / folder, prefix, maps)
    return raw_dir


@pytest.fixture
def videos(tmp_path):
    return write_videos(tmp_path / "raw")


@pytest.fixture
def frames(tmp_path):
    return write_frames(tmp_path / "raw")


def test_videos_are_found_by_their_names_or_their_folders(videos):
    source = UcfSports(videos)
    assert lengths_of(source) == {
        "Diving-Side_001": 5,
        "Golf-Swing-Back_002": 3,
        "Kicking-Front_002": 5,
    }
    names = list(lengths_of(source))
    assert source.entries() == [VideoEntry(n, split_of(n)) for n in names]


def test_an_unreadable_video_is_listed_and_fails_when_opened(videos):
    (videos / "Diving-Side_001.avi").write_bytes(b"no video")
    source = UcfSports(videos)
    assert lengths_of(source)["Diving-Side_001"] == 0
    with pytest.raises(SourceError, match="Unreadable .*Diving-Side_001.avi"):
        open_named(source, "Diving-Side_001")


def test_a_video_and_its_gaze_decide_what_is_written(videos):
    write_gaze(videos, {}, sizes=["Diving-Side_001.avi 64 48 1"])
    source = UcfSports(videos)
    tables = ["geometry.txt", "resolution.txt"]
    golf = "ucf action/Golf-Swing-Back/002"
    assert files_of(source, videos) == {
        "Diving-Side_001": [
            "Diving-Side_001.avi",
            "samples/003_Diving-Side_001.avi.txt",
            *tables,
        ],
        "Golf-Swing-Back_002": [
            f"{golf}/2538-5_7070.jpg",
            f"{golf}/2538-5_7071.jpg",
            f"{golf}/2538-5_7072.jpg",
            "samples/001_Golf-Swing-Back_002.avi.txt",
            "samples/003_Golf-Swing-Back_002.avi.txt",
            *tables,
        ],
        "Kicking-Front_002": [
            "ucf action/Kicking-Front/002/7608-9_70(2)151.avi",
            *tables,
        ],
    }
    assert source.settings() == {}


def test_images_and_maps_decide_what_is_written(frames):
    files = files_of(UcfSports(frames), frames)
    folder = "training/Diving-Side-001"
    assert files["Diving-Side_001"] == [
        f"{folder}/{kind}/Diving-Side_001_00{number}.png"
        for kind in ("images", "fixation")
        for number in (1, 2)
    ]


def test_a_video_opens_with_label_and_gaze(videos):
    raw = open_named(UcfSports(videos), "Diving-Side_001")
    assert raw.original_size == (48, 64)
    assert raw.frames_per_second == 25.0
    assert raw.labels == ("Diving",)
    assert levels_of(raw.frames) == list(range(10, 60, 10))
    np.testing.assert_array_equal(raw.fixations.frame, [0, 1])
    np.testing.assert_array_equal(raw.fixations.observer, [3, 3])
    np.testing.assert_allclose(raw.fixations.x, [0.5, 0.25], rtol=1e-6)
    np.testing.assert_allclose(raw.fixations.y, [0.5, 0.25], rtol=1e-6)
    assert raw.left_out == {
        samples.SAMPLES_OF_SACCADES: 1,
        actions_in_the_eye.MISSING_OBSERVERS: 1,
    }


def test_a_video_that_is_only_there_as_frames_opens_with_gaze(videos):
    raw = open_named(UcfSports(videos), "Golf-Swing-Back_002")
    assert raw.original_size == (48, 64)
    assert raw.frames_per_second == 10.0
    assert raw.labels == ("Golf-Swing",)
    assert levels_of(raw.frames) == [70, 71, 72]
    # 100 ms are one frame.
    np.testing.assert_array_equal(raw.fixations.frame, [0, 1])
    np.testing.assert_array_equal(raw.fixations.observer, [3, 1])
    np.testing.assert_allclose(raw.fixations.x, [0.75, 0.75], rtol=1e-6)
    assert not raw.left_out


def test_a_video_without_gaze_is_counted(videos):
    raw = open_named(UcfSports(videos), "Kicking-Front_002")
    assert raw.labels == ("Kicking",)
    assert raw.left_out == {actions_in_the_eye.VIDEOS_WITHOUT_GAZE: 1}


def test_what_belongs_to_no_video_is_counted(videos):
    assert UcfSports(videos).left_out() == {
        ucf_sports.OTHER_VIDEOS: 1,
        actions_in_the_eye.ABSENT_VIDEOS: 1,
    }


def test_videos_come_out_as_records(videos, tmp_path):
    output_dir = tmp_path / "prepared"
    info = prepare_small(UcfSports(videos), output_dir)
    assert {
        split: (n.num_videos, n.num_frames, n.num_fixations)
        for split, n in info.splits.items()
    } == {"train": (1, 3, 2), "validation": (0, 0, 0), "test": (2, 10, 2)}
    assert info.left_out == {
        actions_in_the_eye.ABSENT_VIDEOS: 1,
        actions_in_the_eye.MISSING_OBSERVERS: 1,
        samples.SAMPLES_OF_SACCADES: 1,
        actions_in_the_eye.VIDEOS_WITHOUT_GAZE: 1,
        ucf_sports.OTHER_VIDEOS: 1,
    }
    record = records_of(output_dir)["Diving-Side_001"]
    assert record["labels"].numpy().tolist() == [b"Diving"]
    assert record["fixation_frame"].numpy().tolist() == [0, 1]


def test_gaze_recorded_on_after_the_end_is_counted(videos):
    rows = [(180, 640, 512, "F"), (5000, 640, 512, "F")]
    write_gaze(videos, {"003_Diving-Side_001.avi.txt": rows})
    raw = open_named(UcfSports(videos), "Diving-Side_001")
    assert len(raw.fixations) == 0
    assert raw.left_out[samples.SAMPLES_PAST_END] == 2


def test_letters_of_another_case_are_the_same_video(videos):
    path = videos / "Diving-Side_001.avi"
    path.rename(videos / "diving-side_001.AVI")
    raw = open_named(UcfSports(videos), "Diving-Side_001")
    assert len(raw.fixations) == 2


def test_two_places_for_one_video_are_an_error(videos):
    path = videos / "Diving-Side_001.avi"
    (videos / "Diving-Side-001.avi").write_bytes(path.read_bytes())
    with pytest.raises(SourceError, match="Two places .*'Diving-Side_001'"):
        UcfSports(videos).entries()


def test_gaze_for_a_video_that_is_not_there_is_an_error(videos):
    write_gaze(videos, {"001_Chess_001.avi.txt": []})
    with pytest.raises(SourceError, match="001_Chess_001.avi.txt"):
        UcfSports(videos).entries()


def test_folders_of_frames_keep_the_official_test_split(frames):
    source = UcfSports(frames)
    assert source.entries() == [
        VideoEntry("Diving-Side_001", "train"),
        VideoEntry("Golf-Swing-Back_002", "train"),
        VideoEntry("Walk-Front_020", "test"),
    ]
    assert list(lengths_of(source).values()) == [2, 1, 1]


def test_a_folder_of_frames_opens_with_label_and_fixations(frames):
    raw = open_named(UcfSports(frames), "Diving-Side_001")
    assert raw.original_size == (24, 32)
    assert raw.frames_per_second == 10.0
    assert raw.labels == ("Diving",)
    assert levels_of(raw.frames) == [10, 20]
    np.testing.assert_array_equal(raw.fixations.frame, [1])
    np.testing.assert_allclose(raw.fixations.x, [8.5 / 32], rtol=1e-6)
    np.testing.assert_allclose(raw.fixations.y, [6.5 / 24], rtol=1e-6)
    assert not raw.left_out


def test_frames_come_out_as_records(frames, tmp_path):
    (frames / "training" / "Chess-001").mkdir()
    output_dir = tmp_path / "prepared"
    info = prepare_small(UcfSports(frames), output_dir)
    assert {
        split: (n.num_videos, n.num_frames, n.num_fixations)
        for split, n in info.splits.items()
    } == {"train": (2, 3, 3), "validation": (0, 0, 0), "test": (1, 1, 1)}
    assert info.left_out == {frame_folders.OTHER_FOLDERS: 1}
    record = records_of(output_dir)["Golf-Swing-Back_002"]
    assert record["labels"].numpy().tolist() == [b"Golf-Swing"]
    assert record["fixation_frame"].numpy().tolist() == [0, 0]
    assert record["fixation_observer"].numpy().tolist() == [0, 1]


def test_two_folders_for_one_video_are_an_error(frames):
    (frames / "training" / "diving-side_001").mkdir()
    with pytest.raises(SourceError, match="Two folders .*Diving-Side_001"):
        UcfSports(frames).entries()


def test_a_folder_with_neither_form_or_both_is_an_error(videos, tmp_path):
    with pytest.raises(SourceError, match="Unreadable folder .*nowhere"):
        UcfSports(tmp_path / "nowhere").entries()
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="Received: neither"):
        UcfSports(tmp_path / "empty").entries()
    (videos / "training").mkdir()
    with pytest.raises(SourceError, match="Received: both"):
        UcfSports(videos).entries()


def test_a_video_that_is_gone_is_an_error(videos):
    source = UcfSports(videos)
    (entry, *_) = source.entries()
    (videos / "Diving-Side_001.avi").unlink()
    with pytest.raises(SourceError, match="Diving-Side_001.avi.*No such file"):
        source.open(entry)
    source.entries()
    with pytest.raises(SourceError, match="No video 'Diving-Side_001'"):
        source.open(entry)


def test_the_source_goes_to_a_worker(frames):
    source = UcfSports(frames)
    assert pickle.loads(pickle.dumps(source)).entries() == source.entries()
    assert len(pickle.dumps(source)) < 1000


def test_the_split_of_the_videos_does_not_change():
    # Pinned: a model trained on one split must not meet it in another.
    splits = [
        split_of(f"{kind}_{number:03d}")
        for kind, count in NUM_VIDEOS.items()
        for number in range(1, count + 1)
    ]
    counts = {split: splits.count(split) for split in set(splits)}
    assert counts == {"train": 84, "validation": 19, "test": 47}


def test_there_are_ten_actions():
    assert len(set(ucf_sports.CLASSES.values())) == 10
    assert ucf_sports.CLASSES.keys() == NUM_VIDEOS.keys()


@pytest.mark.parametrize("form", ["videos", "frames"])
def test_the_entry_tells_the_form_by_itself(form, request, tmp_path):
    values = flag_values(
        "--dataset=ucf_sports",
        f"--raw_dir={request.getfixturevalue(form)}",
        f"--output_dir={tmp_path / 'prepared'}",
        "--workers=1",
    )
    assert run(values) == 0
    assert read_dataset_info(tmp_path / "prepared").name == "ucf_sports"
