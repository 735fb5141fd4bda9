"""A version of a SavedModel is whole or absent, and says what it is."""

import concurrent.futures
import dataclasses
import functools
import os
import sys
import threading

import pytest
import tensorflow as tf

from rmdn_tf.export import main
from rmdn_tf.files.published import write_json
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.runs.loading import served_metadata
from rmdn_tf.runs.run_facts import describe_run
from rmdn_tf.serving.export import export
from rmdn_tf.serving.signatures import ServedModel
from tests.helpers.held_directories import leave_behind

pytestmark = [pytest.mark.slow, pytest.mark.versions]


@pytest.fixture(scope="module")
def model(tiny_model):
    return build_rmdn(tiny_model), tiny_model


@pytest.fixture
def export_to(model):
    return functools.partial(export, *model)


@pytest.fixture(autouse=True)
def _without_signatures(monkeypatch):
    """Leaves out what takes long, and has tests of its own."""
    monkeypatch.setattr(ServedModel, "signatures", lambda self: {})


@pytest.fixture
def _is_quick(monkeypatch):
    """Writes a file in place of a SavedModel."""
    monkeypatch.setattr(tf.saved_model, "save", _write_a_file)


def _write_a_file(served, path, signatures):
    with open(f"{path}/saved_model.pb", "w") as file:
        file.write("half")


@pytest.mark.usefixtures("_is_quick")
def test_versions_count_up_from_the_highest_there(export_to, tmp_path):
    assert export_to(tmp_path / "new").name == "1"
    assert export_to(tmp_path / "new").name == "2"
    (tmp_path / "new" / "9").mkdir()
    (tmp_path / "new" / "notes").mkdir()
    (tmp_path / "new" / "1" / "mark").touch()
    target = export_to(tmp_path / "new")
    assert target == tmp_path / "new" / "10"
    # A server runs as another user, and versions are never written twice.
    assert target.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "new" / "1" / "mark").exists()
    assert not (target / "mark").exists()


@pytest.mark.usefixtures("_is_quick")
@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_an_export_that_breaks_off_leaves_nothing(
    export_to, monkeypatch, tmp_path, error
):
    def break_off(*arguments):
        _write_a_file(*arguments)
        raise error

    monkeypatch.setattr(tf.saved_model, "save", break_off)
    with pytest.raises(type(error)):
        export_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_is_quick")
def test_two_exports_at_once_get_a_version_each(
    export_to, monkeypatch, tmp_path
):
    both_write = threading.Barrier(2)

    def save_together(*arguments):
        both_write.wait(60)
        _write_a_file(*arguments)

    monkeypatch.setattr(tf.saved_model, "save", save_together)
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        tasks = [executor.submit(export_to, tmp_path) for _ in range(2)]
    assert {task.result().name for task in tasks} == {"1", "2"}


@pytest.mark.usefixtures("_is_quick")
def test_the_next_export_removes_what_a_killed_one_left(export_to, tmp_path):
    leave_behind(tmp_path / "version")
    export_to(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "1"]


def test_a_version_appears_only_when_all_of_it_is_there(
    export_to, monkeypatch, tmp_path
):
    seen = {}
    replace = os.replace

    def spy(source, target):
        if os.path.isdir(source):
            seen.update(source=source, files=_files(source))
        replace(source, target)

    monkeypatch.setattr(os, "replace", spy)
    version = export_to(tmp_path / "new")
    # Until then a server ignores the name: it is not a number.
    folder = os.path.relpath(seen["source"], version.parent)
    assert folder.startswith("partial.")
    assert seen["files"] == _files(version)
    assert {"saved_model.pb", "assets/metadata.json"} <= seen["files"]


def _files(directory):
    return {
        os.path.relpath(os.path.join(folder, file), directory)
        for folder, _, files in os.walk(directory)
        for file in files
    }


@pytest.mark.usefixtures("_is_quick")
def test_without_the_messages_of_a_server_it_is_said(
    export_to, monkeypatch, tmp_path, capsys
):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    version = export_to(tmp_path)
    assert "pip install 'rmdn-tf[serving]'" in capsys.readouterr().err
    assert not (version / "assets.extra").exists()


def test_the_command_exports_a_run_with_what_is_known_of_it(
    model, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    save_model(*model, "run/best")
    settings = {"dataset": {"name": "demo"}, "model": {}, "training": {}}
    write_json("run/training.json", settings)
    write_json("run/best/validation.json", {"epoch": 3, "loss": 1.5})
    assert main(["--model", "run/best", "--output", "saved/new"]) == 0
    assert "saved/new/1" in capsys.readouterr().out
    metadata = served_metadata("saved/new")
    assert metadata["name"] == "new"
    expected = {"dataset": "demo", "validation": {"epoch": 3, "loss": 1.5}}
    assert metadata["run"] == expected == describe_run("run")


def test_the_command_names_a_model_that_is_not_there(tmp_path, capsys):
    arguments = ["--model", str(tmp_path / "none")]
    assert main([*arguments, "--output", str(tmp_path / "saved")]) == 1
    assert "none" in capsys.readouterr().err


def test_a_damaged_run_is_named(model, tmp_path, capsys):
    save_model(*model, tmp_path / "run/best")
    (tmp_path / "run/training.json").write_text("{")
    arguments = ["--model", str(tmp_path / "run")]
    assert main([*arguments, "--output", str(tmp_path / "saved")]) == 1
    assert "training.json'. Expected JSON" in capsys.readouterr().err
    assert not (tmp_path / "saved").exists()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"model": {"input_size": [1], "filters": []}}']
)
def test_damaged_metadata_are_an_error(tmp_path, text):
    copy = tmp_path / "1"
    (copy / "assets").mkdir(parents=True)
    (copy / "saved_model.pb").touch()
    (copy / "assets/metadata.json").write_text(text)
    with pytest.raises(ValueError, match="Invalid '.*metadata.json'"):
        served_metadata(copy)


def test_the_same_model_is_exported_with_the_same_variables(
    tiny_model, tmp_path
):
    config = dataclasses.replace(tiny_model, dropout=0.5)
    model = build_rmdn(config)
    export(model, config, tmp_path)
    weights = {id(weight) for weight in model.weights}
    for variable in model.variables:
        if id(variable) not in weights:  # The seed of dropout.
            variable.assign(variable.value + 1)
    export(model, config, tmp_path)
    data = "variables/variables.data-00000-of-00001"
    first, second = ((tmp_path / n / data).read_bytes() for n in "12")
    assert first == second
