"""Tests of `tfrecords_tools.shards.missing_gaze`, and of `prepare` with it."""

import collections
import dataclasses
import re

import pytest

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import Fixations
from tests.helpers.made_up import MadeUp
from tests.helpers.raw_writers import EVENTS, SAMPLES, write_folder
from tests.helpers.source_checks import prepare_small
from tfrecords_tools import prepare as prepare_command
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.shards.missing_gaze import MissingGazeError
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.ucf101 import Ucf101

LENGTHS = {f"{n:02d}": 4 for n in range(12)}  # Four fixations each.


class Gazed(MadeUp):
    """Made-up videos whose dataset says that it has gaze."""

    def __init__(self, *arguments, only=None, **changes):
        super().__init__(*arguments, **changes)
        self.opened = []
        self._only = only

    def has_gaze(self):
        return True

    def open(self, entry):
        self.opened.append(entry.video_id)
        raw = super().open(entry)
        if self._only is not None and entry.video_id not in self._only:
            raw = dataclasses.replace(
                raw,
                fixations=Fixations.empty(),
                left_out=collections.Counter(),
            )
        return raw


def lost(**counts):
    """Returns changes of all videos: no fixations, and the counts."""
    causes = {getattr(gaze, name): n for name, n in counts.items()}
    return {
        "fixations": Fixations.empty(),
        "left_out": collections.Counter(causes),
    }


def shards(directory):
    return sorted(p.name for p in directory.glob("*.tfrecord-*"))


def test_gaze_of_which_nothing_landed_is_refused_before_encoding(tmp_path):
    source = Gazed(LENGTHS, **lost(PAST_END=70, OUTSIDE=3, REPEATED=1))
    with pytest.raises(MissingGazeError) as raised:
        prepare_small(source, tmp_path)
    text = str(raised.value)
    assert "of 'made_up'" in text and "Received: 0 fixations" in text
    assert "Main cause: fixations past the last frame. Check the unit" in text
    assert "fixations outside the frame" in text
    assert "--allow_missing_gaze" in text
    assert len(source.opened) == 4
    assert shards(tmp_path) == []
    info = prepare(source, tmp_path, num_workers=1, allow_missing_gaze=True)
    assert read_dataset_info(tmp_path) == info


def test_what_few_videos_do_not_tell_is_refused_at_the_end(tmp_path):
    """The first videos tried have a fixation; the others have lost a lot."""
    changes = {
        "fixations": Fixations.from_rows([[0, 0.5, 0.5, 1]]),
        "left_out": collections.Counter({gaze.OUTSIDE: 499}),
    }
    source = Gazed(LENGTHS, **changes)
    prepare_small(source, tmp_path / "a")
    changes["left_out"] = collections.Counter({gaze.OUTSIDE: 501})
    with pytest.raises(MissingGazeError, match="outside the frame"):
        prepare_small(Gazed(LENGTHS, **changes), tmp_path / "b")


def test_shards_stay_and_the_flag_then_finishes_at_once(tmp_path, capsys):
    # No video has gaze, and none has lost any: known at the end only.
    source = Gazed(LENGTHS, only=[])
    with pytest.raises(MissingGazeError, match="no gaze of these videos"):
        prepare_small(source, tmp_path)
    names = shards(tmp_path)
    assert len(names) == 1
    assert not (tmp_path / "dataset_info.json").exists()
    written = (tmp_path / names[0]).stat().st_mtime_ns
    capsys.readouterr()
    with pytest.raises(MissingGazeError):
        prepare_small(source, tmp_path)
    opened = len(source.opened)
    info = prepare(
        source,
        tmp_path,
        prepare_command.FrameFormat((12, 16)),
        num_shards=1,
        num_workers=1,
        allow_missing_gaze=True,
    )
    assert len(source.opened) == opened
    assert (tmp_path / names[0]).stat().st_mtime_ns == written
    assert info.splits["train"].num_fixations == 0


@pytest.mark.parametrize("only", [["00"], ["07"], list(LENGTHS)])
def test_gaze_of_a_few_videos_is_enough(tmp_path, only):
    info = prepare_small(Gazed(LENGTHS, only=only), tmp_path)
    assert info.splits["train"].num_fixations == 4 * len(only)


def test_causes_that_are_no_gaze_do_not_count(tmp_path):
    counts = collections.Counter(
        {"frames announced but not decoded": 10**6, gaze.SAMPLES_BESIDE: 10**6}
    )
    info = prepare_small(Gazed(LENGTHS, left_out=counts), tmp_path)
    assert info.left_out == {cause: 12 * 10**6 for cause in counts}


def test_a_dataset_without_gaze_by_nature_is_no_error(
    written, tmp_path, copy_of
):
    changes = {"fixations": Fixations.empty()}
    info = prepare_small(MadeUp(LENGTHS, **changes), tmp_path / "a")
    assert info.splits["train"].num_fixations == 0
    info = prepare_small(Folder(written(write_folder)), tmp_path / "b")
    assert sum(s.num_fixations for s in info.splits.values()) == 0
    assert not Ucf101(tmp_path).has_gaze()


def test_unreadable_videos_are_not_blamed_on_gaze(copy_of, tmp_path):
    raw_dir = copy_of(write_folder)
    (raw_dir / "gaze.csv").write_text(EVENTS + "clip,1,0,40,32,12\n")
    for path in [*raw_dir.rglob("*.avi"), *raw_dir.rglob("*.[mM][kK][vV]")]:
        path.write_bytes(b"no video")
    info = prepare_small(Folder(raw_dir), tmp_path / "a")
    assert len(info.unreadable) == 3


@pytest.mark.parametrize(
    ("table", "cause"),
    [
        (EVENTS + "clip,1,9000,40,32,12\n", "past the last frame"),
        (EVENTS + "clip,1,0,40,640,120\n", "outside the frame"),
        (EVENTS + "clip,1,0,40,0,0\n", r"events without an eye: \(0, 0\)"),
        (SAMPLES + "clip,1,0,32,12\n", "with a gap before and after"),
    ],
)
def test_the_command_names_the_cause_and_fails(
    copy_of, tmp_path, capsys, table, cause
):
    raw_dir = copy_of(write_folder)
    (raw_dir / "gaze.csv").write_text(table)
    flags = ["--dataset=folder", f"--raw_dir={raw_dir}", "--workers=1"]
    flags += ["--height=12", "--width=16", f"--output_dir={tmp_path / 'a'}"]
    assert prepare_command.main(flags) == 1
    error = capsys.readouterr().err
    assert re.search(f"Main cause: .*{cause}", error), error
    assert not (tmp_path / "a" / "dataset_info.json").exists()
    assert prepare_command.main([*flags, "--allow_missing_gaze"]) == 0
    assert "0 fixations" in capsys.readouterr().out
