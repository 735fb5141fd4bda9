"""Pictures that compare the predictors."""

import json

import numpy as np
import pytest
from matplotlib import image
from PIL import Image

from rmdn_tf.evaluation.evaluation_loop import Shown
from rmdn_tf.reports import comparison_sheet
from rmdn_tf.reports.comparison_sheet import ComparisonSheet
from rmdn_tf.reports.video_pictures import VideoPictures
from tests.helpers.made_gaze import frames_of, make_video


@pytest.fixture
def drawn(monkeypatch):
    """Collects the arguments of the drawing functions."""
    calls = {"overlay": [], "draw_fixations": []}

    def recorded(name):
        original = getattr(comparison_sheet.drawing, name)

        def draw(*arguments):
            calls[name].append(arguments)
            return original(*arguments)

        return draw

    for name in calls:
        monkeypatch.setattr(comparison_sheet.drawing, name, recorded(name))
    return calls


def shown(video_id, seed=0, map_size=(8, 10)):
    generator = np.random.default_rng(seed)
    log_map = np.log(generator.random(map_size))
    return Shown(
        video_id,
        1.5,
        generator.integers(0, 255, (8, 10, 3), np.uint8),
        generator.random((3, 2)),
        {"uniform": 0 * log_map, "RMDN": log_map, "centre": 2 * log_map},
        {name: {"bits": 1.5} for name in ("uniform", "RMDN", "centre")},
    )


def test_a_column_holds_frame_gaze_and_map_of_the_same_frame(drawn, tmp_path):
    sheet = ComparisonSheet(tmp_path / "columns", ["a", "b"])
    columns = [shown("a", 0), shown("b", 1)]
    for column in columns:
        assert sheet.choose(frames_of(make_video(column.video_id))) == 3
        sheet.show(column)
    sheet.save(tmp_path / "sheet.png")
    assert image.imread(tmp_path / "sheet.png").std() > 0
    for number, column in enumerate(columns):
        frame, points = drawn["draw_fixations"][number]
        np.testing.assert_array_equal(frame, column.frame)
        np.testing.assert_array_equal(points, column.points)
        # Of all predictors but the uniform one.
        overlays = drawn["overlay"][2 * number : 2 * number + 2]
        for name, (below, density) in zip(
            ("RMDN", "centre"), overlays, strict=True
        ):
            np.testing.assert_array_equal(below, column.frame)
            log_map = column.log_maps[name]
            np.testing.assert_allclose(density, np.exp(log_map - log_map.max()))


def test_the_sheet_takes_each_of_its_videos_once(tmp_path):
    sheet = ComparisonSheet(tmp_path, ["a", "b"])
    for name in ("a", "b"):
        assert sheet.choose(frames_of(make_video(name))) == 3
        sheet.show(shown(name))
        assert sheet.choose(frames_of(make_video(name))) is None
    assert sheet.choose(frames_of(make_video("c"))) is None


def test_sheets_of_several_processes_join_to_one(tmp_path):
    whole, first, second = (
        ComparisonSheet(tmp_path / name, ["a", "b"])
        for name in ("whole", "first", "second")
    )
    for sheet, names in ((whole, "ab"), (first, "a"), (second, "b")):
        for name in names:
            sheet.show(shown(name, seed=ord(name)))
    second.add(json.loads(json.dumps(first.take())))
    pixels = []
    for sheet in (whole, second):
        sheet.save(tmp_path / "sheet.png")
        pixels.append(image.imread(tmp_path / "sheet.png"))
    np.testing.assert_array_equal(*pixels)
    assert first.take() == {}


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("name", ["$\\frac$", "$a", "跑", "a\0\n", "x" * 300])
def test_the_sheet_shows_a_video_of_any_name(tmp_path, name):
    sheet = ComparisonSheet(tmp_path / "columns", [name])
    assert sheet.choose(frames_of(make_video(name))) == 3
    sheet.show(shown(name))
    sheet.save(tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size


def test_every_video_gets_a_picture_under_a_name_that_is_a_file(tmp_path):
    pictures = VideoPictures(tmp_path / "pictures", ["RMDN", "centre"])
    # An evaluation that fails before the first picture leaves no folder.
    assert not (tmp_path / "pictures").exists()
    names = ("a", "A", "shots/b 1", "..", "=con", "跑" * 300, "😀" * 60)
    for name in names:
        frames = frames_of(make_video(name))
        assert pictures.choose(frames) == 2
        pictures.show(shown(name, map_size=(4, 5)))
        assert pictures.choose(frames) is None
    written = set((tmp_path / "pictures").iterdir())
    made = pictures.pictures
    assert written == {picture.path for picture in made.values()}
    assert len(written) == len(names)
    assert made["a"].panels == ("gaze", "RMDN", "centre")
    assert made["a"].seconds == 1.5
    picture = Image.open(made["a"].path)
    # Gaze and two overlays, side by side, each 25 times as large.
    assert picture.size == (3 * 250, 200)


def test_panels_bear_their_names_and_stand_in_rows(tmp_path):
    named, unnamed = (
        VideoPictures(tmp_path / name, [name, *"abc"]) for name in ("RMDN", "x")
    )
    for pictures in (named, unnamed):
        one = shown("v")
        one.log_maps.update(dict.fromkeys(("RMDN", "x", *"abc"), np.eye(8, 10)))
        one.values.update(dict.fromkeys(("RMDN", "x", *"abc"), {"bits": 1.5}))
        pictures.show(one)
    first, second = (
        np.asarray(Image.open(of.pictures["v"].path)).astype(int)
        for of in (named, unnamed)
    )
    assert first.shape == (2 * 200, 3 * 250, 3)  # Five panels in two rows.
    rows, columns = np.nonzero(np.abs(first - second).max(-1) > 40)
    # Only the name of the second panel differs.
    assert rows.max() < 30 and 250 <= columns.min() <= columns.max() < 420
    assert first[210:, 520:].min() > 240  # A free place is white.
