"""Names that are not ASCII, where the locale or TensorFlow knows no others."""

import os
import subprocess
import sys

import pytest

import train_tf
from rmdn_tf import evaluate, export
from rmdn_tf.data.prepared_dataset import read_dataset_info
from tests.helpers.made_videos import write_grey
from tests.helpers.raw_writers import EVENTS
from tfrecords_tools import prepare, show_records

pytestmark = pytest.mark.slow

NOT_UTF_8 = "caf\udce9"

C_LOCALE = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (prepare, "--dataset folder --raw_dir raw --output_dir PATH"),
        (prepare, "--dataset folder --raw_dir PATH --output_dir out"),
        (show_records, "--data_dir PATH"),
        (train_tf, "--dataset folder --data_dir PATH"),
        (train_tf, "--dataset demo --run_dir PATH"),
        (train_tf, "--dataset demo --export_dir PATH"),
        (evaluate, "--data_dir PATH --output_dir out"),
        (evaluate, "--data_dir out --output_dir PATH"),
        (export, "--model PATH --output out"),
    ],
)
def test_a_path_that_is_not_utf_8_is_refused_in_one_line_before_any_work(
    entry, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    write_grey(tmp_path / "raw" / "a.avi", [100] * 4)
    assert entry.main(words.replace("PATH", NOT_UTF_8).split()) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Error: ")
    assert "caf\\udce9" in line or NOT_UTF_8 in line
    assert not any(file.is_file() for file in tmp_path.glob("caf*/*"))


PREPARE_AND_SHOW = """
import sys
from rmdn_tf.commands.command import start
from tfrecords_tools import prepare, show_records
flags = "--dataset=folder --raw_dir=raw --output_dir=out --workers=1".split()
if code := prepare.main(flags):
    sys.exit(code)
sys.argv[1:] = ["--data_dir=out"]
start(show_records.main)
"""


def run(source, cwd):
    root = os.path.dirname(os.path.abspath(train_tf.__file__))
    return subprocess.run(
        [sys.executable, "-c", source],
        cwd=cwd,
        env={**os.environ, **C_LOCALE, "PYTHONPATH": root},
        capture_output=True,
    )


def test_a_locale_without_utf_8_prepares_and_prints_any_name(tmp_path):
    name = "Café 서울"
    write_grey(tmp_path / "raw" / f"{name}.avi", [100] * 10)
    (tmp_path / "raw" / "gaze.csv").write_text(
        f"{EVENTS}{name},Zoë,0,400,32,12\n", encoding="utf-8"
    )
    (tmp_path / "raw" / "splits.csv").write_text(
        f"video,split\n{name},train\n", encoding="utf-8"
    )
    finished = run(PREPARE_AND_SHOW, tmp_path)
    assert finished.returncode == 0, finished.stderr
    videos = [
        video.id
        for shard in read_dataset_info(tmp_path / "out").shards
        for video in shard.videos
    ]
    assert videos == [name]
    assert rb"Caf\xe9 \uc11c\uc6b8: 10 frames" in finished.stdout
