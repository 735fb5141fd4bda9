"""Writes every raw dataset in every form, tiny, with its release's traps."""

import h5py
import numpy as np
import tensorflow as tf

from tests.helpers.made_videos import grey_frames, write_grey, write_video
from tests.helpers.raw_images import (
    write_frame,
    write_map,
    write_video_folder,
)
from tfrecords_tools.sources import hollywood2

LEVELS = range(10, 110, 10)
"""Grey levels of the ten frames of most videos; a frame lasts 40 ms."""


# Observer, video, onset ms, duration ms, x, y; the videos are 64x48 pixels.
TABLE_ROWS = (
    (1, 1, 0, 40, 32, 12),  # Frame 0.
    (2, 1, 50, 40, 16, 24),  # ceil(1.25)..ceil(2.25): frames 1, 2.
    (2, 1, 1000, 40, 16, 24),  # Past the end: 1-based 25, 26.
    (1, 2, 100, 60, 48, 36),  # Frames 2, 3.
    (9, np.nan, 3, 420, 50, 17),
    (3, 4, 3, 20, 50, 17),  # The video is not on disk.
    (3, 4, 30, 20, 50, 17),
)


def write_table(path, rows=TABLE_ROWS):
    """Writes `video_database.mat` in the form MATLAB v7.3 gives it."""
    names = ("Kimono", "BasketballDrive", "Yan", "Absent")
    with h5py.File(path, "w") as file:
        group = file.create_group("video_database")
        group["fixdata"] = np.array(rows, np.float64).reshape([-1, 6]).T
        references = group.create_dataset(
            "video_names_list", [1, len(names)], h5py.ref_dtype
        )
        for index, name in enumerate(names):
            codes = np.array([[ord(c)] for c in name], np.uint16)
            text = file.create_dataset(f"#refs#/{index}", data=codes)
            references[0, index] = text.ref


def write_video_database(raw_dir):
    """Writes three videos and the table; returns the folder."""
    for name in ("Kimono", "Basketball Drive", "Yan"):
        write_grey(raw_dir / "videos" / f"{name}.avi", LEVELS)
    write_table(raw_dir / "video_database.mat")
    return raw_dir


def write_gaze(folder, samples, sizes=()):
    """Writes the gaze release of "Actions in the Eye".

    The screen has 1280x1024 pixels. On it twenty pixels are one of a video of
    64x48, and the bars are 32 high.

    Args:
        folder: where to.
        samples: name of a file in `samples/` -> rows (milliseconds, x, y,
            event).
        sizes: lines of `resolution.txt`, which is left out without them.
    """
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    for name, rows in samples.items():
        lines = [
            f"{1000 * time:.0f} 0.5 0.25 {x} {y} {event}\n"
            for time, x, y, event in rows
        ]
        (folder / "samples" / name).write_text("".join(lines))
    (folder / "geometry.txt").write_text("0.6 0.38 0.3 1280 1024\n")
    if sizes:
        (folder / "resolution.txt").write_text("\n".join(sizes) + "\n")
    return folder


HOLLYWOOD2_MEMBERS = {
    "Kiss_train": {"actioncliptrain00004": 1, "actioncliptrain00001": -1},
    "HugPerson_train": {"actioncliptrain00004": 1, "actioncliptrain00001": -1},
    "Run_test": {"actioncliptest00001": 1, "actioncliptest00002": 1},
    # A clip of no class at all.
    "Run_train": {"actioncliptrain00001": -1},
}

HOLLYWOOD2_GAZE = {
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


def write_labels(raw_dir, members=HOLLYWOOD2_MEMBERS):
    folder = raw_dir / "ClipSets"
    folder.mkdir(parents=True, exist_ok=True)
    for name in hollywood2.CLASSES:
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


def write_hollywood2(raw_dir):
    """Writes three clips, their labels and the gaze; returns the folder."""
    for name in (
        "actioncliptrain00001.AVI",
        "actioncliptrain00004.avi",
        "actioncliptest00001.avi",
        "sceneclipautoautotrain00001.avi",
    ):
        path = write_grey(raw_dir / "AVIClips" / name.lower(), LEVELS)
        path.rename(path.with_name(name))
    write_labels(raw_dir)
    sizes = ["actioncliptrain00004.avi 64 48 1.0"]
    write_gaze(raw_dir / "gaze", HOLLYWOOD2_GAZE, sizes)
    return raw_dir


def write_hollywood2_shots(raw_dir):
    """Writes shots as frames and maps; returns the folder."""
    for name, maps in {
        # The video starts at 3; three frames are missing between its shots.
        "training/actioncliptrain00004_1": {"00003": [(6, 8)], "00004": []},
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


UCF_SPORTS_GAZE = {
    "003_Diving-Side_001.avi.txt": [
        (0, 640, 512, "F"),
        (40, 320, 272, "F"),
        (42, 0, 0, "S"),
    ],
    "001_Golf-Swing-Back_002.avi.txt": [(100, 960, 752, "F")],
    "003_Golf-Swing-Back_002.avi.txt": [(0, 960, 752, "F")],
    "001_Lifting_003.avi.txt": [(0, 640, 512, "F")],
}


def write_ucf_sports(raw_dir):
    """Writes three videos and the gaze; returns the folder."""
    levels = range(10, 60, 10)
    write_grey(raw_dir / "Diving-Side_001.avi", levels)
    # The first release holds videos by folder, some only as frames.
    folder = raw_dir / "ucf action"
    write_grey(folder / "Kicking-Front" / "002" / "7608-9_70(2)151.avi", levels)
    golf = folder / "Golf-Swing-Back" / "002"
    for number in (70, 71, 72):
        write_frame(golf / f"2538-5_7{number:03}.jpg", number, (48, 64))
        write_frame(golf / "gt" / f"{number:03}.png", 0)
    jpeg = tf.io.encode_jpeg(grey_frames([71])[0])
    (golf / "2538-5_7071.jpg").write_bytes(jpeg.numpy())
    write_grey(raw_dir / "trailer.avi", [10])
    return write_gaze(raw_dir, UCF_SPORTS_GAZE)


def write_ucf_sports_frames(raw_dir):
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


# Two clips a group; the groups 8 to 12 of each class are for training.
UCF101_TRAIN = [
    f"{folder}/v_{action}_g{group:02d}_c{clip:02d}.avi {index}"
    for index, folder, action in (
        (1, "Archery", "Archery"),
        (2, "HandstandPushups", "HandStandPushups"),
    )
    for group in range(8, 13)
    for clip in (1, 2)
]
UCF101_TEST = [
    "Archery/v_Archery_g01_c01.avi",
    "HandstandPushups/v_HandStandPushups_g01_c01.avi",
    "YoYo/v_YoYo_g01_c01.avi",
]


def write_ucf101_lists(raw_dir, split=1, train=UCF101_TRAIN, test=UCF101_TEST):
    folder = raw_dir / "ucfTrainTestlist"
    folder.mkdir(parents=True, exist_ok=True)
    classes = "1 Archery\n2 HandstandPushups\n3 YoYo\n"
    (folder / "classInd.txt").write_text(classes)
    (folder / f"trainlist0{split}.txt").write_text("\r\n".join(train) + "\r\n")
    (folder / f"testlist0{split}.txt").write_text("\n".join(test) + "\n\n")


def write_ucf101(raw_dir):
    """Writes all listed videos but the one of YoYo, and a file too many."""
    write_ucf101_lists(raw_dir)
    listed = [line.split()[0] for line in (*UCF101_TRAIN, *UCF101_TEST[:2])]
    for name in (*listed, "YoYo/v_YoYo_g25_c07.avi"):
        write_grey(raw_dir / "UCF-101" / name, [10, 20, 30])
    (raw_dir / "UCF-101" / "Archery" / "Thumbs.db").write_bytes(b"no video")
    (raw_dir / "UCF-101" / "readme.avi").write_bytes(b"no folder of a class")
    return raw_dir


DHF1K_HEADER = (
    "Time\tType\tTrial\tL Dia X [px]\tL Dia Y [px]\tL POR X [px]\t"
    "L POR Y [px]\tL Event Info"
)
DHF1K_SIZE = (36, 64)


def write_dhf1k_clip(raw_dir, name="video/002.AVI"):
    """Writes a video of 64x36 pixels, four frames at 30 a second."""
    path = (raw_dir / name).with_suffix(".avi")
    write_grey(path, [10, 20, 30, 40], DHF1K_SIZE, 30)
    path.rename(raw_dir / name)


def write_dhf1k_maps(raw_dir):
    """Writes maps of three frames, and the traps of the release."""
    folder = raw_dir / "annotation" / "0002" / "fixation"
    write_map(folder / "0001.png", [(0, 0), (35, 63)], DHF1K_SIZE)
    write_map(folder / "0002.png", [], DHF1K_SIZE)
    write_map(folder / "0004.png", [(18, 16)], DHF1K_SIZE)
    (folder / "maps").mkdir()
    (folder / "maps" / "0001.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    (folder.parent / "maps").mkdir()
    (folder.parent / "maps" / "0001.png").write_bytes(b"a blurred map")


def write_dhf1k_gaze(
    raw_dir, rows, name="P01/P01_Trail002.txt", header=DHF1K_HEADER
):
    """Writes rows (microseconds from the start, x, y of the screen, event)."""
    path = raw_dir / "exportdata_train" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    start = 84042779051  # Microseconds of the eye tracker's clock.
    lines = [header] + [
        f"{start + t}\tSMP\t1\t16.38\t16.38\t{x}\t{y}\t{event}"
        for t, x, y, event in rows
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_dhf1k(raw_dir):
    """Writes a video with maps, frames, and the gaze of two observers."""
    write_dhf1k_clip(raw_dir)
    write_dhf1k_maps(raw_dir)
    for number in (1, 2, 3, 4):
        path = raw_dir / f"annotation/0002/images/{number:04d}.png"
        write_frame(path, 10 * number, DHF1K_SIZE)
    for name in ("P01/P01_Trail002.txt", "P017/P017_Trail0002.txt"):
        write_dhf1k_gaze(raw_dir, [(0, 720, 450, "Fixation")], name)
    write_dhf1k_gaze(raw_dir, [(0, 1, 46, "Blink")], "P01/P01_Trail003.txt")
    return raw_dir


EVENTS = "video,observer,onset_ms,duration_ms,x,y\n"
SAMPLES = "video,observer,t_ms,x,y\n"


def write_folder(raw_dir):
    """Writes two videos in sub-folders and one beside them."""
    for name in ("clip.avi", "fight/one.two.mkv", "no fight/deep/CLIP.MKV"):
        write_grey(raw_dir / name, LEVELS)
    return raw_dir


def write_folder_of_events(raw_dir):
    """Writes videos of several formats, and both tables."""
    frames = grey_frames(range(10))
    ticks = [0, 40, 80, 400, 440]
    raw_dir.mkdir(parents=True)
    write_video(raw_dir / "a.avi", frames, codec="mpeg4")
    write_video(raw_dir / "b.mp4", frames[:5], ticks=ticks, codec="mpeg4")
    write_video(raw_dir / "c.webm", frames, codec="libvpx")
    write_grey(raw_dir / "d.mkv", range(10))
    (raw_dir / "gaze.csv").write_text(
        EVENTS + "a,1,0,40,32,12\nb,2,50,40,16,24\na,2,0,9,,\n"
    )
    (raw_dir / "splits.csv").write_text(
        "video,split\na,train\nb,test\nc,validation\nd,train\n"
    )
    return raw_dir


def write_folder_of_samples(raw_dir):
    write_grey(raw_dir / "a.avi", range(10))
    rows = [f"a,1,{20 * t},{x},12\n" for t, x in enumerate("323232999")]
    (raw_dir / "gaze.csv").write_text(SAMPLES + "".join(rows))
    return raw_dir
