"""What a run leaves on disk, and which of it another run takes up."""

import copy
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.files.locks import InUseError
from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.runs import directory as run_directory
from rmdn_tf.runs.directory import MAY_CHANGE, RunDirectory, TrainingError
from tests.helpers.full_disk import full_disk
from tests.helpers.held_directories import held_by_another, leave_behind

pytestmark = pytest.mark.slow

SETTINGS = {
    "dataset": {"name": "demo", "num_frames": 96},
    "model": {"input_size": (16, 16), "units": 4},
    "training": {"num_epochs": 2, "patience": 5, "learning_rate": 0.01},
    "c3d_weights": None,
}


class Run:
    """A run whose only weight is a number."""

    def __init__(self, path, keep=2):
        self.directory = RunDirectory(path)
        self.weight = tf.Variable(0)
        self.checkpoint = tf.train.Checkpoint(weight=self.weight)
        self.directory.check(SETTINGS)
        self.goes_on = self.directory.restore(self.checkpoint)
        self.directory.claim(self.checkpoint, SETTINGS, keep, 100)

    def save(self, *values):
        for value in values:
            self.weight.assign(value)
            self.directory.save()


def test_a_run_goes_on_from_the_last_checkpoint(tmp_path):
    first = Run(tmp_path)
    assert not first.goes_on
    first.save(5, 6)
    second = Run(tmp_path)
    assert second.goes_on
    assert int(second.weight) == 6


@pytest.mark.parametrize("keep", [1, 3])
def test_the_last_checkpoints_are_kept(keep, tmp_path):
    Run(tmp_path, keep).save(*range(3))
    # Over a restart too.
    Run(tmp_path, keep).save(3, 4)
    state = tf.train.get_checkpoint_state(str(tmp_path / "checkpoints"))
    values = [
        int(tf.train.load_variable(path, "weight/.ATTRIBUTES/VARIABLE_VALUE"))
        for path in state.all_model_checkpoint_paths
    ]
    assert values == list(range(5))[-keep:]
    assert len(list((tmp_path / "checkpoints").glob("*.index"))) == keep


def test_a_checkpoint_that_a_kill_cut_short_is_not_taken(tmp_path):
    run = Run(tmp_path, keep=5)
    run.save(1, 2)
    directory = tmp_path / "checkpoints"
    state = (directory / "checkpoint").read_bytes()
    run.save(3)
    # Killed while it wrote the third: its files are there, one of them half,
    # and the file that points to it was still to come.
    (directory / "checkpoint").write_bytes(state)
    (data,) = directory.glob("*-3.data*")
    data.write_bytes(data.read_bytes()[:-1])
    again = Run(tmp_path, keep=5)
    assert int(again.weight) == 2
    again.save(4)
    assert int(Run(tmp_path, keep=5).weight) == 4


@pytest.mark.parametrize(
    "note", ["", "none of it", 'model_checkpoint_path: "ckpt-9"', "\xff"]
)
def test_a_damaged_note_of_checkpoints_does_not_begin_a_run_anew(
    tmp_path, note
):
    Run(tmp_path).save(1, 2)
    file = tmp_path / "checkpoints" / "checkpoint"
    file.write_bytes(note.encode("latin-1"))
    with pytest.raises(TrainingError, match=f"Cannot go on: .*'{file}'"):
        Run(tmp_path)


@pytest.mark.parametrize("elsewhere", ["../mine", "/tmp/mine"])
def test_a_note_cannot_name_files_elsewhere_for_removal(tmp_path, elsewhere):
    Run(tmp_path).save(1, 2)
    file = tmp_path / "checkpoints" / "checkpoint"
    old = 'all_model_checkpoint_paths: "ckpt-1"'
    new = f'all_model_checkpoint_paths: "{elsewhere}"'
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(TrainingError, match="mine', which lies elsewhere"):
        Run(tmp_path)


def test_a_flipped_bit_of_a_checkpoint_is_an_error_or_changes_nothing(tmp_path):
    Run(tmp_path / "whole").save(1, 2)
    checkpoints = tmp_path / "whole" / "checkpoints"
    names = sorted(path.name for path in checkpoints.glob("ckpt-2*"))
    draw = np.random.default_rng(0)
    values = []
    for number, name in enumerate(names * 20):
        copied = shutil.copytree(tmp_path / "whole", tmp_path / str(number))
        content = bytearray((checkpoints / name).read_bytes())
        content[draw.integers(len(content))] ^= 1 << int(draw.integers(8))
        (copied / "checkpoints" / name).write_bytes(content)
        try:
            values.append(int(Run(copied).weight))
        except TrainingError as error:
            assert str(copied) in str(error)
    assert len(values) < 20 and set(values) <= {2}


def _changed(**changes):
    settings = copy.deepcopy(SETTINGS)
    for name, value in changes.items():
        group, key = name.split("__")
        settings[group][key] = value
    return settings


def test_a_run_of_other_settings_is_refused(tmp_path):
    Run(tmp_path).save(1)
    settings = _changed(training__learning_rate=0.5, dataset__sha256="ab")
    message = (
        "training.json'.* dataset/sha256 was missing and is now 'ab', "
        "training/learning_rate was 0.01 and is now 0.5"
    )
    with pytest.raises(OtherSettingsError, match=message):
        RunDirectory(tmp_path).check(settings)


def test_settings_count_where_there_is_only_a_best_model(tmp_path):
    """Else the settings of one run would lie beside the model of another."""
    Run(tmp_path)
    RunDirectory(tmp_path).check(_changed(model__units=5))
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "validation.json").write_text("{}")
    with pytest.raises(OtherSettingsError, match="model/units was 4"):
        RunDirectory(tmp_path).check(_changed(model__units=5))
    RunDirectory(tmp_path).check(SETTINGS)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"training": [1]}'])
def test_damaged_settings_of_a_run_are_named(content, tmp_path):
    Run(tmp_path).save(1)
    (tmp_path / "training.json").write_text(content)
    with pytest.raises(ValueError, match="Invalid '.*training.json'"):
        RunDirectory(tmp_path).check(SETTINGS)


@pytest.mark.parametrize(
    "content", ["[]", '{"loss": 1.5}', '{"epoch": "3"}', '{"epoch": 0}']
)
def test_a_damaged_validation_is_named(content, tmp_path):
    run_dir = RunDirectory(tmp_path)
    run_dir.best.mkdir()
    run_dir.validation.write_text('{"epoch": 3, "kl": Infinity}')
    assert run_dir.read_validation() == {"epoch": 3, "kl": float("inf")}
    run_dir.validation.write_text(content)
    with pytest.raises(ValueError, match="Invalid '.*validation.json' at"):
        run_dir.read_validation()


def test_some_settings_may_change(tmp_path):
    Run(tmp_path).save(1)
    changes = {name.replace("/", "__"): 77 for name in MAY_CHANGE}
    RunDirectory(tmp_path).check(_changed(**changes))


def test_a_cosine_needs_the_number_of_its_epochs(tmp_path):
    cosine = _changed(training__schedule="cosine", training__num_epochs=3)
    defaults = {"training": {"schedule": "cosine", "num_epochs": 2}}
    Run(tmp_path).save(1)
    with pytest.raises(OtherSettingsError, match="num_epochs was 2 and is now"):
        RunDirectory(tmp_path).check(cosine, defaults)


def test_a_setting_that_an_earlier_release_did_not_write_has_its_default(
    tmp_path,
):
    Run(tmp_path).save(1)
    defaults = {"model": {"cue": False}, "training": {"schedule": "decay"}}
    same = _changed(model__cue=False, training__schedule="decay")
    RunDirectory(tmp_path).check(same, defaults)
    with pytest.raises(OtherSettingsError, match="cue was False and is now"):
        RunDirectory(tmp_path).check(_changed(model__cue=True), defaults)


def test_the_settings_lie_beside_the_run(tmp_path):
    Run(tmp_path)
    settings = json.loads((tmp_path / "training.json").read_text())
    assert settings == _changed(model__input_size=[16, 16])


def test_a_run_without_room_is_refused_before_anything_is_written(
    tmp_path, monkeypatch
):
    usage = type(shutil.disk_usage(tmp_path))(100, 0, 100)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match="No room"):
        Run(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_no_checkpoint(tmp_path):
    Run(tmp_path).save(1, 2)
    directory = tmp_path / "checkpoints"
    kept = {path.name for path in directory.iterdir()} | {"ckpt-of-mine.txt"}
    (directory / "ckpt-of-mine.txt").touch()
    (directory / "ckpt-3_temp").mkdir()
    (directory / "ckpt-3_temp" / "part-00000-of-00001.index").touch()
    for name in (
        "ckpt-3.index",
        "ckpt-3.data-00000-of-00001",
        "ckpt-0.index",
        "checkpoint.tmp0123456789abcdef",
    ):
        (directory / name).touch()
    leave_behind(tmp_path / "training.json")
    (tmp_path / "best").mkdir()
    leave_behind(tmp_path / "best" / "model.weights.h5")
    assert Run(tmp_path).goes_on
    assert {path.name for path in directory.iterdir()} == kept
    assert not list(tmp_path.rglob("partial.*"))


def test_a_checkpoint_is_on_disk_when_it_is_saved(tmp_path, monkeypatch):
    synced = []
    run = Run(tmp_path)
    monkeypatch.setattr(run_directory, "sync", synced.append)
    run.save(1)
    assert synced == [str(tmp_path / "checkpoints")]


def test_a_directory_that_another_trains_in_is_refused(tmp_path):
    with held_by_another(tmp_path):
        with pytest.raises(InUseError, match="in use by another process"):
            with RunDirectory(tmp_path).alone(is_chief=True):
                pytest.fail("Two at a time.")
        with RunDirectory(tmp_path).alone(is_chief=False):
            pass


def test_a_run_in_which_another_trained_meanwhile_does_not_go_on(tmp_path):
    Run(tmp_path).save(1)
    run = RunDirectory(tmp_path)
    checkpoint = tf.train.Checkpoint(weight=tf.Variable(0))
    assert run.restore(checkpoint)
    Run(tmp_path).save(2)
    with pytest.raises(TrainingError, match="Another process trained in"):
        run.claim(checkpoint, SETTINGS, 2, 100)


def test_a_full_disk_is_told_of_the_checkpoints_and_the_last_one_stays(
    tmp_path,
):
    run = Run(tmp_path / "run")
    run.save(1)
    with pytest.raises(OSError, match="File too large") as raised:
        with full_disk(10):
            run.save(2)
    assert raised.value.filename == str(tmp_path / "run" / "checkpoints")
    assert Run(tmp_path / "run").weight.numpy() == 1
