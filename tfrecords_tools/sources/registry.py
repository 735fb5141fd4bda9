"""The raw datasets that can be prepared, and the flags that each one takes."""

from absl import flags

from tfrecords_tools.raw_video import Source, SourceError
from tfrecords_tools.sources.demo import NUM_VIDEOS, Demo
from tfrecords_tools.sources.demo_actions import DemoActions
from tfrecords_tools.sources.dhf1k import Dhf1k
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.ucf101 import Ucf101
from tfrecords_tools.sources.ucf_sports import UcfSports
from tfrecords_tools.sources.video_database import VideoDatabase

MADE_UP = {kind.name: kind for kind in (Demo, DemoActions)}
"""The datasets that need no raw data."""

SOURCES = MADE_UP | {
    kind.name: kind
    for kind in (Dhf1k, Folder, Hollywood2, Ucf101, UcfSports, VideoDatabase)
}

_FLAG_OF_ARGUMENT = {
    Dhf1k: {"form": "dhf1k_form"},
    Folder: {
        "gaze_csv": "gaze_csv",
        "pixels_per_degree": "pixels_per_degree",
        "labels_from_folders": "labels_from_folders",
    },
    Ucf101: {"official_split": "ucf101_split"},
}


def made_up_source(name: str, num_videos: int | None = None, **given) -> Source:
    """Returns the source of a dataset that needs no raw data.

    Args:
        name: of `MADE_UP`.
        num_videos: over all splits; None for the usual number.
        **given: other arguments of `Demo`.
    """
    return MADE_UP[name](num_videos or NUM_VIDEOS, **given)


def make_source(options: flags.FlagValues) -> Source:
    """Returns the source that the flags ask for.

    Raises:
        SourceError: a flag is missing or invalid.
    """
    if options.dataset in MADE_UP:
        return made_up_source(
            options.dataset,
            options.demo_videos,
            seed=options.seed,
            size=(options.height, options.width),
        )
    if options.raw_dir is None:
        raise SourceError(
            f"The dataset '{options.dataset}' needs `--raw_dir`, the folder "
            "with the raw files."
        )
    kind = SOURCES[options.dataset]
    arguments = _FLAG_OF_ARGUMENT.get(kind, {})
    return kind(
        options.raw_dir,
        **{
            argument: getattr(options, flag)
            for argument, flag in arguments.items()
        },
    )


SOURCE_FLAGS = (
    (
        flags.DEFINE_enum,
        "dataset",
        None,
        sorted(SOURCES),
        "Which raw dataset.",
        {"required": True},
    ),
    (
        flags.DEFINE_string,
        "raw_dir",
        None,
        "Folder with the raw files; not for `demo` and `demo_actions`.",
        {},
    ),
    (
        flags.DEFINE_integer,
        "demo_videos",
        None,
        "Number of videos of `demo` or `demo_actions`.",
        {"lower_bound": 3},
    ),
    (
        flags.DEFINE_integer,
        "seed",
        0,
        "Seed of `demo` or `demo_actions`.",
        {"lower_bound": 0},
    ),
    (
        flags.DEFINE_enum,
        "dhf1k_form",
        None,
        ("video", "frames", "raw_gaze"),
        "Form of `dhf1k`; what is in the folder decides by default.",
        {},
    ),
    (
        flags.DEFINE_integer,
        "ucf101_split",
        1,
        "Which of the three official splits of `ucf101`.",
        {"lower_bound": 1, "upper_bound": 3},
    ),
    (
        flags.DEFINE_string,
        "gaze_csv",
        None,
        "Gaze for the videos of `folder`; its `gaze.csv` by default.",
        {},
    ),
    (
        flags.DEFINE_float,
        "pixels_per_degree",
        33.0,
        "Pixels of the video in a degree of the visual field, to find the "
        "fixations in samples of `folder`.",
        {"lower_bound": 1e-3},
    ),
    (
        flags.DEFINE_bool,
        "labels_from_folders",
        False,
        "Whether the sub-folders of `folder` are classes.",
        {},
    ),
)
"""The flags that choose a source and say what it needs; see `entry.define`."""
