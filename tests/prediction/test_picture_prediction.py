"""A picture in, the same picture with the density over it out."""

import numpy as np
import pytest
from PIL import Image, features

from tests.helpers.made_videos import read_back

pytestmark = pytest.mark.slow


@pytest.fixture
def photo(tmp_path):
    """A picture of even noise, "in.png"."""
    pixels = np.random.default_rng(0).integers(0, 256, (75, 101, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    return tmp_path / "in.png"


@pytest.mark.parametrize("suffix", ["png", "JPG", "webp", "bmp", "tif"])
def test_a_picture_gives_a_picture_in_the_format_of_its_name(
    run, photo, suffix
):
    code, output = run(photo, output=f"out.{suffix}")
    assert code == 0
    kinds = {"JPG": "JPEG", "tif": "TIFF"}
    with Image.open(output) as picture:
        assert picture.format == kinds.get(suffix, suffix.upper())
        assert picture.size == (101, 75)
        after = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(after - np.asarray(Image.open(photo))).mean() > 5


def test_without_opacity_a_picture_keeps_every_pixel(run, photo):
    _, output = run(photo, "--opacity", "0", output="out.png")
    np.testing.assert_array_equal(Image.open(output), Image.open(photo))


def test_a_picture_may_have_lines_a_legend_and_its_plain_half(run, photo):
    options = ["--style", "contours", "--legend", "--side_by_side"]
    code, output = run(photo, *options, output="out.png")
    assert code == 0
    both = np.asarray(Image.open(output)).astype(int)
    assert both.shape == (75, 202, 3)
    np.testing.assert_array_equal(both[:, :101], np.asarray(Image.open(photo)))
    assert np.abs(both[:, 101:] - both[:, :101]).max() > 100


def test_a_phones_photo_comes_out_upright_with_its_colours(run, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, 30:] = 200
    path = tmp_path / "photo.jpg"
    Image.fromarray(pixels).save(path, exif=exif, icc_profile=b"colours")
    code, output = run(path, "--opacity", "0", output="out.png")
    assert code == 0
    with Image.open(output) as picture:
        assert picture.size == (40, 60)
        assert picture.info["icc_profile"] == b"colours"
        assert 0x0112 not in picture.getexif()
        shown = np.asarray(picture)
    assert shown[:25].max() < 10 and shown[35:].min() > 190


def test_a_picture_still_gives_a_video_and_maps(run, photo, tmp_path):
    code, output = run(photo, "--maps", tmp_path / "maps")
    assert code == 0
    assert len(read_back(output)[0]) == 1
    assert (tmp_path / "maps/0001.png").exists()


def test_a_video_gives_no_picture(run, video, tmp_path, capsys):
    assert run(video, output="out.png")[0] == 1
    error = capsys.readouterr().err
    assert "Expected the name of a video" in error and "--maps" in error
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize("kind", ["gif", "ppm", "avif"])
def test_a_picture_of_another_format_is_not_called_a_video(
    run, photo, kind, capsys
):
    other = photo.with_suffix(f".{kind}")
    if kind == "avif" and not features.check("avif"):
        pytest.skip("This Pillow writes no AVIF.")
    Image.open(photo).save(other)
    assert run(other, output="out.png")[0] == 1
    error = capsys.readouterr().err
    assert "not a PNG, JPEG, WebP, BMP or TIFF file of one picture" in error
    assert "is a video" not in error


def test_the_density_of_a_picture_is_that_of_a_stream_of_it(model, photo):
    ((_, streamed),) = model.stream(photo)
    density = model.predict(photo)
    np.testing.assert_array_equal(density.parameters, streamed.parameters)
    pixels = np.asarray(Image.open(photo))
    np.testing.assert_array_equal(
        model.predict(pixels).parameters, density.parameters
    )


def test_the_density_of_a_photo_is_that_of_the_upright_photo(model, tmp_path):
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:10, 30:] = 200
    exif = Image.Exif()
    exif[0x0112] = 8  # Shown after a quarter turn to the left.
    path = tmp_path / "photo.png"
    Image.fromarray(np.rot90(pixels, -1)).save(path, exif=exif)
    np.testing.assert_array_equal(
        model.predict(str(path)).parameters, model.predict(pixels).parameters
    )


def test_what_is_no_picture_is_an_error_that_names_it(model, tmp_path, video):
    with pytest.raises(ValueError, match="in.mp4'. Expected a whole file of"):
        model.predict_picture(video)
    with pytest.raises(ValueError, match="'.*none.jpg': No such file or dir"):
        model.predict(tmp_path / "none.jpg")
    message = (
        "Invalid `picture`. Expected levels .* of \\(8, 8, 4\\). Leave out"
    )
    with pytest.raises(ValueError, match=message):
        model.predict(np.zeros((8, 8, 4), np.uint8))
    message = "Invalid `picture`.*Received: float64 of .8, 8, 3.. Multiply"
    with pytest.raises(ValueError, match=message):
        model.predict(np.zeros((8, 8, 3)))
