"""What README and the pages print is true: links, commands and code."""

import importlib
import os
import pathlib
import re
import shutil

import pytest
import tensorflow as tf
from PIL import Image

from rmdn_tf.__main__ import COMMANDS
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.runs.loading import load_keras
from rmdn_tf.runtimes.export import export_portable
from tests.helpers.documents import (
    DOCUMENTS,
    ROOT,
    anchors,
    command_lines,
    flags_in_text,
    flags_of_script,
    links,
    name,
    snippets,
)
from tests.helpers.made_videos import moving_square, write_video
from tests.helpers.runs_of_seeds import write_runs

PYTHON = [
    pytest.param(snippet, id=f"{name(path)}-{number}")
    for path in DOCUMENTS
    for number, snippet in enumerate(snippets(path, "python"))
]
LINES = [
    pytest.param(words, id=f"{name(path)}: {' '.join(words)}")
    for path in DOCUMENTS
    for words in command_lines(path)
]
SCRIPTS = [
    f"{folder}.{path.stem}"
    for folder in (
        "benchmarks",
        "experiments.spatial",
        "experiments.joint",
        "experiments.applications",
        "experiments.runtimes",
        "experiments.protocols",
        "experiments.best_maps",
    )
    for path in ROOT.glob(f"{folder.replace('.', '/')}/*.py")
]
# Flags of other programs, which the documents name.
FOREIGN = {
    "batching_parameters_file",
    "enable_batching",
    "flink_master",
    "rest_api_timeout_in_ms",
    "roi",
    "ssl_config_file",
}


class Read(BaseException):
    """Stops a command that has read its flags."""


@pytest.fixture
def only_read(monkeypatch):
    """Commands stop when they have read their first settings."""
    read = CommandLine.read

    def read_and_stop(line, config):
        read(line, config)
        raise Read

    monkeypatch.setattr(CommandLine, "read", read_and_stop)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_a_link_leads_to_a_file_and_a_heading(path):
    for file, anchor in links(path):
        assert file.exists(), f"no file {file}"
        assert not anchor or anchor in anchors(file), f"no {file}#{anchor}"


@pytest.mark.parametrize("words", LINES)
def test_a_command_line_is_understood(words, only_read):
    module, *flags = words
    if module.startswith(("benchmarks", "experiments")):
        given = {w[2:].partition("=")[0] for w in flags if w[:2] == "--"}
        assert given <= flags_of_script(module)
        return
    main = importlib.import_module(module).main
    if "--help" in flags:
        assert main(flags) == 0
        return
    with pytest.raises(Read):
        main(flags)


def test_every_flag_that_a_text_names_exists(capsys):
    for module in COMMANDS.values():
        importlib.import_module(module).main(["--help"])
    known = set(re.findall(r"--(?:\[no\])?(\w+)", capsys.readouterr().out))
    known |= {f"no{flag}" for flag in known}
    known |= FOREIGN.union(*map(flags_of_script, SCRIPTS))
    for path in DOCUMENTS:
        if path.name == "CHANGELOG.md":  # Tells of earlier flags, too.
            continue
        assert flags_in_text(path) <= known, name(path)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", PYTHON)
def test_a_python_snippet_runs(
    snippet, demo_dir, trained_run, saved_model, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained_run, "runs/demo-small")
    shutil.copytree(saved_model.parent, "saved_models/demo-small")
    shutil.copytree(demo_dir, "data/demo")
    make_videos_with_gaze("videos", "gaze.csv")
    shutil.copy("videos/1.mp4", "video.mp4")
    Image.new("RGB", (32, 24)).save("picture.jpg")
    if seeds := re.findall(r"runs/both-\d", snippet):
        write_runs([pathlib.Path(run) for run in seeds])
    frames = tf.zeros([1, 20, 16, 16, 3], tf.uint8)
    if "model.onnx" in snippet:
        export_portable(*load_keras("runs/demo-small"), "model.onnx", "onnx")
    names = {"frames": frames, "video": frames[0].numpy()}
    exec(compile(snippet, "snippet", "exec"), names)


def make_videos_with_gaze(folder, table):
    os.mkdir(folder)
    rows = ["video,observer,onset_ms,duration_ms,x,y"]
    for video in ("1", "2", "3"):
        write_video(f"{folder}/{video}.mp4", moving_square())
        rows.append(f"{video},anna,0,900,32,24")
    pathlib.Path(table).write_text("\n".join(rows))


def test_the_documents_have_links_commands_and_snippets():
    assert sum(len(links(path)) for path in DOCUMENTS) > 50
    assert len(LINES) > 30
    assert len(PYTHON) >= 4
