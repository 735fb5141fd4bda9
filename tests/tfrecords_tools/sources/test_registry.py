"""Tests of `tfrecords_tools.sources.registry`."""

import inspect

import pytest
from absl import flags

from tfrecords_tools import prepare
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.demo import Demo
from tfrecords_tools.sources.demo_actions import DemoActions
from tfrecords_tools.sources.dhf1k import Dhf1k
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.registry import (
    SOURCES,
    made_up_source,
    make_source,
)
from tfrecords_tools.sources.ucf101 import Ucf101


def source_of(*arguments):
    values = flags.FlagValues()
    prepare.define_flags(values)
    values(["prepare", "--output_dir=a", *arguments])
    return make_source(values)


@pytest.mark.parametrize(
    ("arguments", "source"),
    [
        ("demo", Demo()),
        ("demo --demo_videos=6 --seed=5", Demo(6, 5)),
        ("demo_actions --height=60 --width=80", DemoActions(size=(60, 80))),
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
    assert source_of(*f"--dataset={arguments}".split()) == source


def test_a_dataset_on_disk_needs_its_folder():
    with pytest.raises(SourceError, match="'ucf101' needs `--raw_dir`"):
        source_of("--dataset=ucf101")


def test_a_made_up_dataset_has_its_own_name_and_number():
    source = made_up_source("demo_actions", 6, seed=5)
    assert source == DemoActions(6, seed=5)
    assert made_up_source("demo").num_videos == 240


@pytest.mark.parametrize("name", SOURCES)
def test_every_dataset_is_documented_and_cited(name):
    kind = SOURCES[name]
    assert kind.name == name == kind.__module__.rsplit(".", 1)[-1]
    assert kind.citation and inspect.getdoc(kind)
