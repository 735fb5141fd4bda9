"""Which raw dataset to prepare, and the settings of each one."""

import dataclasses

from rmdn_tf.commands.settings import setting

# The datasets that need no raw files.
MADE_UP = ("demo", "demo_actions")

# All datasets; `tfrecords_tools.sources.registry` has a class for each.
NAMES = (
    *MADE_UP,
    "dhf1k",
    "folder",
    "hollywood2",
    "osie",
    "saliency_in_crowd",
    "scene",
    "still_pictures",
    "ucf101",
    "ucf_sports",
    "video_database",
)

# Forms of DHF1K: files of videos, images, or videos with each observer's gaze.
DHF1K_FORMS = ("video", "frames", "raw_gaze")

# For a video that fills a screen of 1280 pixels, seen from 60 cm.
PIXELS_PER_DEGREE = 33.0


@dataclasses.dataclass(frozen=True)
class SourceSettings:
    """Which raw dataset to read, and how."""

    dataset: str = setting(
        help="Raw dataset; `folder` is a folder of your videos or pictures.",
        choices=NAMES,
    )
    raw_dir: str | None = setting(
        None, "Folder with the raw files; not for `demo` and `demo_actions`."
    )
    splits_csv: str | None = setting(
        None,
        "Your own split of any dataset: a table with the header `video,split` "
        "and a line for each video.",
        default_text="`splits.csv` in the folder, or the dataset's own split",
    )
    demo_videos: int | None = setting(
        None, "Number of videos of `demo` or `demo_actions`."
    )
    seed: int = setting(0, "Seed of `demo` or `demo_actions`.")
    dhf1k_form: str | None = setting(
        None,
        "Form of `dhf1k`.",
        choices=DHF1K_FORMS,
        default_text="that of the files in the folder",
    )
    ucf101_split: int = setting(1, "Which official split of `ucf101`, 1 to 3.")
    gaze_csv: str | None = setting(
        None,
        "Gaze for the videos of `folder`: a file, a folder of exports or a "
        "pattern such as 'exports/*.tsv'.",
        default_text="`gaze.csv` in the folder",
    )
    pixels_per_degree: float = setting(
        PIXELS_PER_DEGREE,
        "Pixels of the video in a degree of the visual field, to find the "
        "fixations in samples of `folder`.",
    )
    labels_from_folders: bool = setting(
        False, "The sub-folders of `folder` are classes."
    )
