"""Damaged raw files: every source skips and counts, or says which file.

Whatever happens to one file of a dataset, walking all of it ends, with no
exception but `SourceError`. `RMDN_FUZZ_EXAMPLES` sets the number of examples of
each file, to search for longer than the tests may take, and among others.
"""

import contextlib
import functools
import os
import signal

import av
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tfrecords_tools.frames.test_video_files import (
    grey_frames,
    write_timed_video,
    write_video,
)
from tests.tfrecords_tools.sources import (
    test_dhf1k,
    test_folder,
    test_hollywood2,
    test_ucf101,
    test_ucf_sports,
    test_video_database,
)
from tests.tfrecords_tools.sources.test_actions_in_the_eye import write_gaze
from tfrecords_tools.frames.video_files import Scaler
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources import (
    actions_in_the_eye,
    dhf1k_gaze,
    folder_tables,
    hollywood2,
    video_database,
)
from tfrecords_tools.sources.dhf1k import Dhf1k
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.ucf101 import Ucf101
from tfrecords_tools.sources.ucf_sports import UcfSports
from tfrecords_tools.sources.video_database import VideoDatabase

IS_SEARCH = "RMDN_FUZZ_EXAMPLES" in os.environ
NUM_EXAMPLES = int(os.environ.get("RMDN_FUZZ_EXAMPLES", "50"))
MAX_SECONDS = 20  # for walking a dataset of a few frames

CACHES = (
    actions_in_the_eye.list_gaze_files,
    dhf1k_gaze.list_recordings,
    folder_tables.read_gaze,
    hollywood2.read_labels,
    video_database.read_table,
)


def write_hollywood2(raw_dir):
    test_hollywood2.write_original(raw_dir)
    sizes = ["actioncliptrain00004.avi 64 48 1.0"]
    write_gaze(raw_dir / "gaze", {}, sizes)


def write_shots(raw_dir):
    test_hollywood2.write_shots(raw_dir)
    test_hollywood2.write_labels(raw_dir)


def write_ucf_sports(raw_dir):
    test_ucf_sports.write_videos(raw_dir)
    path = raw_dir / "ucf action/Golf-Swing-Back/002/2538-5_7071.jpg"
    image = grey_frames([71])[0]
    path.write_bytes(tf.io.encode_jpeg(image).numpy())


def write_ucf101(raw_dir):
    train = ["Archery/v_Archery_g08_c01.avi 1", "YoYo/v_YoYo_g08_c01.avi 3"]
    test = ["Archery/v_Archery_g01_c01.avi"]
    test_ucf101.write_lists(raw_dir, train=train, test=test)
    for line in train + test:
        test_ucf101.write_clip(raw_dir, line.split()[0])


def write_events(raw_dir):
    raw_dir.mkdir()
    frames = grey_frames(range(10))
    write_video(raw_dir / "a.avi", frames, codec="mpeg4")
    write_timed_video(raw_dir / "b.mp4", [0, 40, 80, 400, 440])
    write_video(raw_dir / "c.webm", frames, codec="libvpx")
    write_video(raw_dir / "d.mkv", frames)
    (raw_dir / "gaze.csv").write_text(
        test_folder.EVENTS + "a,1,0,40,32,12\nb,2,50,40,16,24\na,2,0,9,,\n"
    )
    (raw_dir / "splits.csv").write_text(
        "video,split\na,train\nb,test\nc,validation\nd,train\n"
    )


def write_samples(raw_dir):
    raw_dir.mkdir()
    write_video(raw_dir / "a.mp4", grey_frames(range(10)), codec="mpeg4")
    rows = [f"a,1,{20 * t},{x},12\n" for t, x in enumerate("323232999")]
    (raw_dir / "gaze.csv").write_text(test_folder.SAMPLES + "".join(rows))


# Name -> how to write it, how to open it, which of its files are damaged.
DATASETS = {
    "video_database": (
        test_video_database.write_database,
        VideoDatabase,
        ["videos/Kimono.avi", "video_database.mat"],
    ),
    "hollywood2": (
        write_hollywood2,
        Hollywood2,
        [
            "AVIClips/actioncliptrain00004.avi",
            "gaze/samples/001_actioncliptrain00004.avi.txt",
            "gaze/geometry.txt",
            "gaze/resolution.txt",
            "ClipSets/Kiss_train.txt",
        ],
    ),
    "hollywood2_shots": (
        write_shots,
        Hollywood2,
        [
            "training/actioncliptrain00004_2/images/"
            "actioncliptrain00004_00009.png",
            "training/actioncliptrain00004_2/fixation/"
            "actioncliptrain00004_00009.png",
            "ClipSets/HugPerson_train.txt",
        ],
    ),
    "ucf_sports": (
        write_ucf_sports,
        UcfSports,
        [
            "Diving-Side_001.avi",
            "ucf action/Golf-Swing-Back/002/2538-5_7070.jpg",
            "ucf action/Golf-Swing-Back/002/2538-5_7071.jpg",
            "samples/003_Diving-Side_001.avi.txt",
            "geometry.txt",
        ],
    ),
    "ucf_sports_frames": (
        test_ucf_sports.write_frames,
        UcfSports,
        [
            "training/Diving-Side-001/images/Diving-Side_001_001.png",
            "training/Diving-Side-001/fixation/Diving-Side_001_002.png",
        ],
    ),
    "ucf101": (
        write_ucf101,
        Ucf101,
        [
            "UCF-101/Archery/v_Archery_g08_c01.avi",
            "ucfTrainTestlist/classInd.txt",
            "ucfTrainTestlist/trainlist01.txt",
            "ucfTrainTestlist/testlist01.txt",
        ],
    ),
    "dhf1k_video": (
        test_dhf1k.write_every_form,
        functools.partial(Dhf1k, form="video"),
        ["video/002.AVI", "annotation/0002/fixation/0001.png"],
    ),
    "dhf1k_frames": (
        test_dhf1k.write_every_form,
        functools.partial(Dhf1k, form="frames"),
        [
            "annotation/0002/images/0001.png",
            "annotation/0002/fixation/0004.png",
        ],
    ),
    "dhf1k_raw_gaze": (
        test_dhf1k.write_every_form,
        functools.partial(Dhf1k, form="raw_gaze"),
        ["video/002.AVI", "exportdata_train/P01/P01_Trail002.txt"],
    ),
    "folder": (
        write_events,
        Folder,
        ["a.avi", "b.mp4", "c.webm", "d.mkv", "gaze.csv", "splits.csv"],
    ),
    "folder_of_samples": (write_samples, Folder, ["gaze.csv"]),
}

PLACES = st.integers(0, 200) | st.integers(0, 2**20)
NOISE = st.binary(min_size=1, max_size=20) | st.sampled_from(
    [
        *(b"\n", b"\r", b"\t", b",", b'"', b" ", b"-", b"F", b"1", b"\xff" * 8),
        *(b"nan", b"inf", b"1e400", b"9" * 30, b"\xef\xbb\xbf", b"a/b", b"\0"),
    ]
)
DAMAGES = st.lists(
    st.tuples(st.sampled_from("cut put insert remove".split()), PLACES, NOISE),
    min_size=1,
    max_size=3,
) | st.binary(max_size=300)


def damage(content, damages):
    """Returns other bytes: random ones, or the content damaged in places."""
    if isinstance(damages, bytes):
        return damages
    for kind, place, noise in damages:
        place %= len(content) + 1
        end = place if kind == "insert" else place + len(noise)
        middle = noise if kind in ("put", "insert") else b""
        rest = b"" if kind == "cut" else content[end:]
        content = content[:place] + middle + rest
    return content


@contextlib.contextmanager
def at_most(seconds):
    """Fails what takes longer, so that a hang is not one of the tests."""

    def fail(*_):
        raise AssertionError(f"Not done after {seconds} seconds.")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def clear_errors_only(raw_dir):
    """Lets a `SourceError` pass that names a path, and nothing else."""
    try:
        yield
    except SourceError as error:
        assert str(raw_dir) in str(error)


def walk(source, raw_dir):
    """Goes through a dataset as its writer does."""
    entries = []
    with clear_errors_only(raw_dir):
        entries = source.entries()
        source.left_out()
    for entry in entries:
        assert source.num_frames(entry) >= 0
        assert all(map(os.path.isfile, source.files(entry)))
        with clear_errors_only(raw_dir):
            check_video(source.open(entry))


def check_video(raw):
    assert raw.frames_per_second > 0
    assert min(raw.original_size) > 0
    for fixations in (raw.fixations.x, raw.fixations.y):
        assert np.all((fixations >= 0) & (fixations <= 1))
    assert np.all(raw.fixations.frame >= 0)
    assert all(count > 0 for count in raw.left_out.values())
    scaler = Scaler((12, 16))
    for frame in raw.frames:
        assert isinstance(frame, av.VideoFrame)
        assert scaler(frame).shape == (12, 16, 3)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Returns a function: name of a dataset -> its folder, written once."""

    @functools.cache
    def write(name):
        raw_dir = tmp_path_factory.mktemp("fuzz") / name
        DATASETS[name][0](raw_dir)
        return raw_dir

    return write


@pytest.mark.parametrize("name", DATASETS)
def test_the_walk_sees_that_whole_files_are_whole(written, name):
    raw_dir = written(name)
    _, source_of, files = DATASETS[name]
    source = source_of(raw_dir)
    named = set()
    for entry in source.entries():
        named.update(source.files(entry))
        check_video(source.open(entry))
    # What is damaged below is what decides the records.
    assert {str(raw_dir / file) for file in files} <= named


@pytest.mark.parametrize("name", DATASETS)
def test_listing_a_dataset_opens_no_video_and_no_image(
    written, name, monkeypatch
):
    def fail(*_, **__):
        raise AssertionError("opened")

    monkeypatch.setattr(av, "open", fail)
    monkeypatch.setattr(tf.io, "decode_image", fail)
    source = DATASETS[name][1](written(name))
    assert source.entries()
    source.left_out()


@pytest.mark.parametrize(
    ("name", "file"),
    [(name, file) for name in DATASETS for file in DATASETS[name][2]],
)
@settings(
    max_examples=NUM_EXAMPLES,
    deadline=None,
    derandomize=not IS_SEARCH,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damages=DAMAGES)
def test_a_damaged_file_is_a_clear_error_or_counted(
    written, name, file, damages
):
    raw_dir = written(name)
    path = raw_dir / file
    content = path.read_bytes()
    path.write_bytes(damage(content, damages))
    for cached in CACHES:
        cached.cache_clear()
    try:
        with at_most(MAX_SECONDS):
            walk(DATASETS[name][1](raw_dir), raw_dir)
    finally:
        path.write_bytes(content)
