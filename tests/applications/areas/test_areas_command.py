"""`rmdn areas`: from a video and a table of areas to numbers."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

import rmdn_tf
from rmdn_tf import areas
from rmdn_tf.applications.areas.share_errors import (
    FILE,
    ShareErrors,
    share_errors_json,
)
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.prediction.area import rectangle
from tests.helpers.made_videos import moving_square, write_video

pytestmark = pytest.mark.slow

TABLE = """name,time_seconds,x0,y0,x1,y1
left,0,0,0,0.5,1
right,0,0.5,0,1,1
late,0.4,0.2,0.2,0.4,0.4
never,9,0.2,0.2,0.4,0.4
"""


@pytest.fixture(scope="module")
def model_dir(tiny_model, tmp_path_factory):
    """A model that runs on each frame."""
    directory = tmp_path_factory.mktemp("tiny")
    save_model(build_rmdn(tiny_model), tiny_model, directory)
    return directory


@pytest.fixture
def run(model_dir, tmp_path, capfd):
    """Runs the command; returns the exit code and what it printed."""
    write_video(tmp_path / "in.mp4", moving_square())
    (tmp_path / "areas.csv").write_text(TABLE)

    def run(*flags, video="in.mp4", model=model_dir):
        paths = "--video", tmp_path / video, "--areas", tmp_path / "areas.csv"
        words = [*paths, "--model", model, *flags]
        code = areas.main([str(word) for word in words])
        return code, *capfd.readouterr()

    return run


def rows_of(path):
    with open(path, newline="") as file:
        return [*csv.DictReader(file)]


def test_the_numbers_are_those_of_the_densities(run, model_dir, tmp_path):
    outputs = "--output", tmp_path / "out.csv", "--summary", tmp_path / "s.csv"
    code, printed, told = run(*outputs, "--hold", "--clip_stride", "1")
    assert code == 0
    rows = rows_of(tmp_path / "out.csv")
    assert len(rows) == 20 * 4
    stream = rmdn_tf.load(model_dir).stream(tmp_path / "in.mp4", clip_stride=1)
    expected = [
        density.mass(rectangle(*sides))
        for _, density in stream
        for sides in ((0, 0, 0.5, 1), (0.5, 0, 1, 1))
    ]
    shares = [float(r["share"]) for r in rows if r["area"] in ("left", "right")]
    np.testing.assert_allclose(shares, expected, rtol=1e-5)
    late = [r["share"] != "" for r in rows if r["area"] == "late"]
    assert late == [False] * 10 + [True] * 10  # 25 frames a second.
    summary = {row["area"]: row for row in rows_of(tmp_path / "s.csv")}
    assert float(summary["left"]["share"]) == pytest.approx(
        np.mean(shares[::2]), rel=1e-4
    )
    assert summary["late"]["appears_seconds"] == "0.4"
    assert float(summary["late"]["visible_seconds"]) == pytest.approx(0.4)
    assert summary["never"]["share"] == ""
    assert [line.split()[0] for line in printed.splitlines()][1:] == [*summary]
    assert "Never in the frame: never." in told
    assert f"has no '{FILE}'" in told


def test_the_errors_of_a_model_give_intervals(run, model_dir, tmp_path):
    errors = ShareErrors((0.1, 5.0), (0.1, 0.05), 0.04)
    path = model_dir / FILE
    path.write_text(json.dumps(share_errors_json(errors)))
    try:
        code, printed, told = run("--output", tmp_path / "out.csv")
    finally:
        path.unlink()
    assert code == 0 and FILE not in told
    assert "from" in printed.splitlines()[0]
    row = rows_of(tmp_path / "out.csv")[0]
    low, share, high = (
        float(row[k]) for k in ("share_low", "share", "share_high")
    )
    assert 0 < low < share < high < 1


def test_a_picture_has_shares_and_bars(run, tmp_path):
    Image.fromarray(moving_square()[3]).save(tmp_path / "in.png")
    flags = "--plot", tmp_path / "plot.png", "--summary", tmp_path / "s.csv"
    code, printed, _ = run(*flags, video="in.png")
    assert code == 0
    assert printed.splitlines()[0].split() == ["area", "size", "share"]
    rows = rows_of(tmp_path / "s.csv")
    assert rows[0]["dwell_seconds"] == rows[0]["looked"] == ""
    total = float(rows[0]["share"]) + float(rows[1]["share"])
    assert total == pytest.approx(1, abs=1e-5)
    assert (tmp_path / "plot.png").exists()


def test_pixels_are_those_of_the_upright_frame(run, tmp_path):
    write_video(tmp_path / "in.mp4", moving_square(), turns=1)  # 48 x 64.
    (tmp_path / "areas.csv").write_text(
        "name,x0_pixels,y0_pixels,x1_pixels,y1_pixels\nall,0,0,48,64\n"
    )
    code, printed, _ = run("--num_frames", "2")
    assert (code, printed.splitlines()[1].split()[2:4]) == (
        0,
        ["100.0%", "100.0%"],
    )


def test_a_plot_of_a_video_is_written(run, tmp_path):
    code, *_ = run("--plot", tmp_path / "plot.svg", "--observers", "5")
    assert code == 0
    assert b"</svg>" in (tmp_path / "plot.svg").read_bytes()


@pytest.mark.parametrize(
    ("flags", "table", "cause"),
    [
        (("--observers", "0"), TABLE, "Invalid `observers`"),
        (("--plot", "out.jpg"), TABLE, "ends with .png or .pdf or .svg"),
        ((), TABLE.replace("0.5", "5"), "areas.csv' at line 2. Expected fra"),
        (("--output", "areas.csv"), TABLE, "that the command does not read"),
        (("--output", "a", "--plot", "b.png"), TABLE, "ends with .csv"),
        (("--output", "a.png", "--plot", "a.png"), TABLE, "output of"),
    ],
)
def test_an_error_is_one_line_and_nothing_is_written(
    run, tmp_path, monkeypatch, flags, table, cause
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "areas.csv").write_text(table)
    before = {*tmp_path.iterdir()}
    code, printed, told = run(*flags)
    assert (code, printed, len(told.splitlines())) == (1, "", 1)
    assert cause in told
    assert {*tmp_path.iterdir()} == before
    assert (tmp_path / "areas.csv").read_text() == table


def test_an_outline_that_crosses_itself_on_the_way_leaves_no_output(
    run, tmp_path
):
    (tmp_path / "areas.csv").write_text(
        "name,time_seconds,polygon\n"
        "a,0,0 0 1 0 1 1 0 1\na,0.762,0 0 0.2 1 1 1 1 0.6\n"
    )
    code, _, told = run("--output", tmp_path / "out.csv")
    assert code == 1
    assert "area 'a' at 0." in told
    assert not (tmp_path / "out.csv").exists()


def test_a_part_of_a_video_has_the_times_of_the_whole(run, tmp_path):
    code, printed, _ = run(
        "--start", "0.48", "--end", "0.6", "--summary", tmp_path / "s.csv"
    )
    assert code == 0
    late = rows_of(tmp_path / "s.csv")[2]
    assert (late["area"], late["appears_seconds"]) == ("late", "0.48")
    assert float(late["visible_seconds"]) == pytest.approx(0.12)


def test_a_name_like_a_formula_gets_one_apostrophe(run, tmp_path):
    table = tmp_path / "areas.csv"
    table.write_text("name,x0,y0,x1,y1\n=1+1,0,0,1,1\n")
    files = tmp_path / "frames.csv", tmp_path / "areas_out.csv"
    assert run("--output", files[0], "--summary", files[1])[0] == 0
    for path in files:
        assert rows_of(path)[0]["area"] == "'=1+1"


@pytest.mark.parametrize("flag", ["--output", "--summary"])
def test_a_table_of_another_suffix_is_refused(run, tmp_path, flag):
    code, _, told = run(flag, tmp_path / "out.xlsx")
    assert code == 1 and f"Invalid {flag}. Expected a name" in told
