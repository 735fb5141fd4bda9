"""Which raw datasets can be prepared, and the flags that each one needs."""

from absl import flags

from tfrecords_tools.raw_video import Source, SourceError

MADE_UP = ("demo", "demo_actions")
"""Datasets that need no raw data."""


def _video_database(options: flags.FlagValues) -> Source:
    from tfrecords_tools.sources.video_database import VideoDatabase

    return VideoDatabase(_required_raw_dir(options))


def _hollywood2(options: flags.FlagValues) -> Source:
    from tfrecords_tools.sources.hollywood2 import Hollywood2

    return Hollywood2(_required_raw_dir(options))


def _ucf_sports(options: flags.FlagValues) -> Source:
    from tfrecords_tools.sources.ucf_sports import UcfSports

    return UcfSports(_required_raw_dir(options))


def made_up_source(name: str, num_videos: int | None = None, **given) -> Source:
    """Returns the source of a dataset that needs no raw data.

    Args:
        name: of `MADE_UP`.
        num_videos: over all splits; None for the usual number.
        **given: other arguments of `tfrecords_tools.sources.demo.Demo`.
    """
    from tfrecords_tools.sources.demo import NUM_VIDEOS, Demo
    from tfrecords_tools.sources.demo_actions import DemoActions

    kind = {"demo": Demo, "demo_actions": DemoActions}[name]
    return kind(num_videos or NUM_VIDEOS, **given)


def _made_up(options: flags.FlagValues) -> Source:
    return made_up_source(
        options.dataset,
        options.demo_videos,
        seed=options.seed,
        size=(options.height, options.width),
    )


def _dhf1k(options: flags.FlagValues) -> Source:
    from tfrecords_tools.sources.dhf1k import Dhf1k

    return Dhf1k(_required_raw_dir(options), options.dhf1k_form)


def _ucf101(options: flags.FlagValues) -> Source:
    from tfrecords_tools.sources.ucf101 import Ucf101

    return Ucf101(_required_raw_dir(options), options.ucf101_split)


def _folder(options: flags.FlagValues) -> Source:
    from tfrecords_tools.sources.folder import Folder

    return Folder(
        _required_raw_dir(options),
        options.gaze_csv,
        pixels_per_degree=options.pixels_per_degree,
        labels_from_folders=options.labels_from_folders,
    )


# Each imports its module only when asked for: datasets differ in what they
# need installed.
SOURCES = {
    **dict.fromkeys(MADE_UP, _made_up),
    "dhf1k": _dhf1k,
    "folder": _folder,
    "hollywood2": _hollywood2,
    "ucf101": _ucf101,
    "ucf_sports": _ucf_sports,
    "video_database": _video_database,
}


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


def _required_raw_dir(options: flags.FlagValues) -> str:
    if options.raw_dir is None:
        raise SourceError(
            f"The dataset '{options.dataset}' needs `--raw_dir`, the folder "
            "with the raw files."
        )
    return options.raw_dir
