"""The command compares videos, and writes what it prints."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from rmdn_tf import quality
from rmdn_tf.applications.quality.settings import QualitySettings
from rmdn_tf.applications.quality.video_scores import METRICS
from rmdn_tf.commands.help import help_text
from tests.helpers.documents import ROOT
from tests.helpers.made_lumas import model_of_gaze, moving_lumas, write_lumas


@pytest.fixture
def run(tiny_model, tmp_path, monkeypatch):
    """Runs the command with a model that looks at the middle."""
    monkeypatch.setattr(
        "rmdn_tf.prediction.attention_model.load",
        lambda *_: model_of_gaze(tiny_model),
    )
    monkeypatch.chdir(tmp_path)
    lumas = moving_lumas(30)
    write_lumas(tmp_path / "a.mkv", lumas)
    write_lumas(tmp_path / "poor.mkv", lumas + np.uint8(20))
    distorted = lumas + np.uint8(2)
    distorted[22] += 30
    write_lumas(tmp_path / "good.mkv", distorted)

    def run(words):
        return quality.main(["--reference", "a.mkv", *words.split()])

    return run


def test_the_help_tells_zero_from_no_offset():
    text = " ".join(help_text("", [QualitySettings]).split())
    assert "--offset" in text and "(default: 0" not in text
    assert "(default: as 0, but frames that seem shifted are an error)" in text


def test_the_files_have_what_the_table_tells(run, tmp_path, capsys):
    words = "--video poor.mkv good.mkv --output o.csv --json o.json"
    assert run(f"{words} --plot o.png") == 0
    lines = capsys.readouterr().out.splitlines()
    with open("o.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["video"], r["frame"]) for r in rows[::30]] == [
        ("poor.mkv", "0"),
        ("good.mkv", "0"),
    ]
    assert float(rows[1]["time_seconds"]) == 0.04
    # 20 log10(255 / 20) and 20 log10(255 / 2)
    assert float(rows[5]["psnr"]) == pytest.approx(22.110203)
    assert float(rows[35]["weighted_psnr"]) == pytest.approx(42.110203)
    with open("o.json") as file:
        document = json.load(file)
    assert document["reference"] == "a.mkv"
    poor, good = document["videos"]
    assert len(good["frames"]) == good["num_compared"] == 30
    for name in METRICS:
        frame = good["frames"][22]
        assert frame["frameNum"] == 22
        assert f"{frame['metrics'][name]:.6f}" == rows[52][name]
    # The best one comes first, with the pooled values.
    assert lines[1].split()[0] == "good.mkv"
    assert lines[2].split()[:3] == ["poor.mkv", "22.11", "22.11"]
    pooled = good["pooled_metrics"]
    assert lines[1].split()[1:] == [
        f"{pooled['psnr']['of_mean_mse']:.2f}",
        f"{pooled['weighted_psnr']['of_mean_mse']:.2f}",
        f"{pooled['weighted_psnr']['p5']:.2f}",
        f"{pooled['ssim']['mean']:.4f}",
        f"{pooled['weighted_ssim']['mean']:.4f}",
        f"{pooled['weighted_ssim']['p5']:.4f}",
    ]
    assert "good.mkv: 30 of 30 frames compared; worst at 0.88 s" in lines[4]
    with Image.open("o.png") as picture:
        assert picture.format == "PNG"


def test_missing_frames_are_empty_in_the_table_and_absent_in_json(
    run, tmp_path, capsys
):
    kept = [n for n in range(30) if n != 4]
    write_lumas(tmp_path / "b.mkv", moving_lumas(30)[kept], numbers=kept)
    assert run("--video b.mkv --output o.csv --json o.json") == 0
    assert "29 of 30 frames compared, 1 missing" in capsys.readouterr().out
    with open("o.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [rows[4][name] for name in METRICS] == [""] * 4
    with open("o.json") as file:
        (video,) = json.load(file)["videos"]
    assert [f["frameNum"] for f in video["frames"]] == kept
    assert video["num_missing"] == 1


def test_nothing_is_written_after_an_error(run, tmp_path, capsys):
    write_lumas(tmp_path / "late.mkv", moving_lumas(30)[1:])
    before = sorted(tmp_path.iterdir())
    assert run("--video late.mkv --output o.csv --plot o.png") == 1
    assert "Invalid video 'late.mkv'" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--video b.mkv", "Unreadable video 'b.mkv': No such file"),
        (
            "--video good.mkv --output o.txt",
            "ends with .csv. Received: 'o.txt'",
        ),
        ("--video good.mkv --plot o.svg", "ends with .png"),
        ("--video good.mkv --json a/o.json", "Missing folder 'a'"),
        ("--video good.mkv --offset nan", "Invalid `offset`"),
        (
            "--video good.mkv small.mkv",
            "'small.mkv'. Expected the size of the reference",
        ),
    ],
)
def test_invalid_words_are_refused_before_the_model_loads(
    run, capsys, monkeypatch, words, message
):
    monkeypatch.delattr("rmdn_tf.prediction.attention_model.load")
    write_lumas("small.mkv", moving_lumas(3)[:, :32, :32])
    assert run(words) == 1
    assert message in capsys.readouterr().err


def test_the_page_explains_every_column_that_is_printed(run, capsys):
    assert run("--video good.mkv") == 0
    head = capsys.readouterr().out.splitlines()[0]
    page = (ROOT / "docs/how_to/quality.md").read_text("utf-8")
    for column in head.replace("5 %", "5_%").split()[1:]:
        assert f"`{column.replace('_', ' ')}`" in page
