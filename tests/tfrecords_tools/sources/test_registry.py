"""Tests of `tfrecords_tools.sources.registry`."""

import inspect

import pytest

from rmdn_tf.commands.command_line import CommandLine
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources import settings
from tfrecords_tools.sources.demo import Demo
from tfrecords_tools.sources.demo_actions import DemoActions
from tfrecords_tools.sources.dhf1k import Dhf1k
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.registry import (
    MADE_UP,
    SOURCES,
    made_up_source,
    make_source,
)
from tfrecords_tools.sources.settings import SourceSettings
from tfrecords_tools.sources.ucf101 import Ucf101


def source_of(arguments, size=(128, 171)):
    line = CommandLine([SourceSettings], f"--dataset={arguments}".split())
    return make_source(line.read(SourceSettings), size)


@pytest.mark.parametrize(
    ("arguments", "source"),
    [
        ("demo", Demo()),
        ("demo --demo_videos=6 --seed=5", Demo(6, 5)),
        ("hollywood2 --raw_dir=raw", Hollywood2("raw")),
        ("dhf1k --raw_dir=raw", Dhf1k("raw")),
        ("dhf1k --raw_dir=raw --dhf1k_form=frames", Dhf1k("raw", "frames")),
        ("ucf101 --raw_dir=raw", Ucf101("raw")),
        ("ucf101 --raw_dir=raw --ucf101_split=2", Ucf101("raw", 2)),
        ("folder --raw_dir=raw", Folder("raw")),
        (
            "folder --raw_dir=raw --gaze_csv=a.csv --pixels_per_degree=20 "
            "--labels_from_folders",
            Folder(
                "raw", "a.csv", pixels_per_degree=20, labels_from_folders=True
            ),
        ),
    ],
)
def test_the_flags_make_the_source(arguments, source):
    assert source_of(arguments) == source


def test_made_up_frames_have_the_size_to_be_stored():
    assert source_of("demo_actions", (60, 80)) == DemoActions(size=(60, 80))


def test_a_dataset_on_disk_needs_its_folder():
    with pytest.raises(SourceError, match="'ucf101' needs `--raw_dir`"):
        source_of("ucf101")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("demo --seed=-1", "seed"),
        ("demo --demo_videos=0", "num_videos"),
        ("ucf101 --raw_dir=raw --ucf101_split=4", "official_split"),
        ("folder --raw_dir=raw --pixels_per_degree=0", "pixels_per_degree"),
    ],
)
def test_a_setting_out_of_range_is_an_error(arguments, name):
    with pytest.raises(ValueError, match=f"Invalid `{name}`"):
        source_of(arguments)


def test_a_made_up_dataset_has_its_own_name_and_number():
    source = made_up_source("demo_actions", 6, seed=5)
    assert source == DemoActions(6, seed=5)
    assert made_up_source("demo").num_videos == 240


@pytest.mark.parametrize("name", SOURCES)
def test_every_dataset_is_documented_and_cited(name):
    kind = SOURCES[name]
    assert kind.name == name == kind.__module__.rsplit(".", 1)[-1]
    assert kind.citation and inspect.getdoc(kind)


def test_the_flag_names_every_dataset():
    assert settings.NAMES == tuple(sorted(SOURCES))
    assert settings.MADE_UP == tuple(MADE_UP)
