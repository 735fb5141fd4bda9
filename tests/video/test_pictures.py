"""A picture is read as a viewer shows it, and written in any usual format."""

import av
import numpy as np
import pytest
from PIL import Image

from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.picture_names import SUFFIXES, is_picture_name
from rmdn_tf.video.pictures import PictureWriter
from rmdn_tf.video.reader import VideoReader

ORIENTATION = 0x0112
# EXIF's numbers -> what turns the stored picture upright.
TURNS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: np.rot90,
}


def corners():
    """A picture with another colour in each corner."""
    pixels = np.full((40, 60, 3), 90, np.uint8)
    pixels[:20, :30], pixels[:20, 30:] = (250, 10, 10), (10, 250, 10)
    pixels[20:, :30] = (10, 10, 250)
    return pixels


def read(path):
    with VideoReader(path) as reader:
        assert reader.picture is not None
        assert not reader.reads_other_files
        (frame,) = reader
        return frame.to_ndarray(format="rgb24")


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_a_photo_is_turned_as_its_exif_says(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f"photo.{suffix}"
    options = {"quality": 95} if suffix != "png" else {}
    Image.fromarray(corners()).save(path, exif=exif, **options)
    shown = read(path)
    expected = TURNS[orientation](corners())
    assert shown.shape == expected.shape
    # At the centres of the quarters.
    height, width, _ = shown.shape
    rows = [height // 4, 3 * height // 4]
    columns = [width // 4, 3 * width // 4]
    where = np.ix_(rows, columns)
    np.testing.assert_allclose(
        shown[where].astype(int), expected[where], atol=12
    )


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tif"])
def test_a_picture_without_exif_is_a_picture(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(corners()).save(path)
    np.testing.assert_allclose(read(path)[10, 15], (250, 10, 10), atol=12)


def test_transparent_parts_are_white(tmp_path):
    rgba = np.zeros((20, 30, 4), np.uint8)
    rgba[:, 10:20], rgba[:, 20:] = (200, 0, 0, 255), (0, 0, 200, 128)
    for name in ("a.png", "a.webp", "a.tif"):
        options = {"lossless": True} if name == "a.webp" else {}
        Image.fromarray(rgba).save(tmp_path / name, **options)
        row = read(tmp_path / name)[10].astype(int)
        assert row[5].tolist() == [255, 255, 255]
        assert row[15].tolist() == [200, 0, 0]
        np.testing.assert_allclose(row[25], [127, 127, 227], atol=1)
    palette = Image.fromarray(rgba).quantize(8)
    palette.save(tmp_path / "p.png")
    assert read(tmp_path / "p.png")[10, 5].tolist() == [255, 255, 255]


def test_sixteen_bits_become_eight(tmp_path):
    levels = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, 0)
    for name in ("a.png", "a.tif"):
        Image.fromarray(levels).save(tmp_path / name)
        grey = read(tmp_path / name)[0]
        np.testing.assert_array_equal(
            grey, np.arange(256)[:, None].repeat(3, 1)
        )


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA"])
def test_a_picture_of_any_mode_has_its_colours(tmp_path, mode):
    picture = Image.fromarray(corners()).convert(mode)
    suffix = "jpg" if mode == "CMYK" else "png"
    picture.save(tmp_path / f"a.{suffix}")
    shown = read(tmp_path / f"a.{suffix}").astype(int)
    expected = np.asarray(picture.convert("RGB"))
    np.testing.assert_allclose(shown[10, 15], expected[10, 15], atol=12)


def test_what_is_no_single_picture_of_16_bits_is_named(tmp_path):
    pages = [Image.new("RGB", (8, 8))] * 3
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(VideoError, match="a.tif'. Expected one pict.* 3 in"):
        VideoReader(tmp_path / "a.tif")
    Image.new("F", (8, 8)).save(tmp_path / "deep.tif")
    with pytest.raises(VideoError, match="deep.tif'.*16 bits.* 32"):
        VideoReader(tmp_path / "deep.tif")
    Image.fromarray(corners()).save(tmp_path / "cut.png")
    content = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) - 60])
    with pytest.raises(VideoError, match="cut.png"):
        list(VideoReader(tmp_path / "cut.png"))


def test_numbered_files_are_a_video(tmp_path):
    for number in range(3):
        Image.fromarray(corners()).save(tmp_path / f"{number}.jpg")
    with VideoReader(tmp_path / "%d.jpg") as reader:
        assert reader.picture is None and reader.reads_other_files
        assert len(list(reader)) == 3


def test_a_video_is_no_picture(tmp_path):
    first, second = (
        Image.new("RGB", (16, 16)),
        Image.new("RGB", (16, 16), "red"),
    )
    for name in ("a.gif", "a.png"):  # The second is an animated PNG.
        first.save(tmp_path / name, save_all=True, append_images=[second])
        with VideoReader(tmp_path / name) as reader:
            assert reader.picture is None
            assert len(list(reader)) == 2


def written(path, pixels, icc_profile=None):
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="gbrp")
    PictureWriter(path, icc_profile).write(frame)
    return Image.open(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_has_the_format_of_its_name(tmp_path, suffix):
    assert is_picture_name(f"A{suffix.upper()}")
    picture = written(tmp_path / f"a{suffix}", corners())
    kinds = {".jpg": "JPEG", ".tif": "TIFF"}
    kind = kinds.get(suffix, suffix[1:].upper())
    assert picture.format == kind
    after = np.asarray(picture.convert("RGB")).astype(int)
    lossless = suffix in (".png", ".bmp", ".tif", ".tiff")
    assert np.abs(after - corners()).mean() <= (0 if lossless else 4)


def test_a_picture_keeps_what_its_colours_mean(tmp_path):
    assert written(tmp_path / "a.png", corners(), b"icc").info[
        "icc_profile"
    ] == (b"icc")


def test_a_picture_holds_one_frame_and_no_more_pixels_than_fit(tmp_path):
    frame = av.VideoFrame.from_ndarray(corners(), "rgb24")
    writer = PictureWriter(tmp_path / "a.png", None)
    writer.write(frame)
    with pytest.raises(VideoError, match="'a.png': there are several frames"):
        writer.write(frame)
    wide = np.zeros((1, 20000, 3), np.uint8)
    with pytest.raises(VideoError, match="'a.webp'"):
        written(tmp_path / "a.webp", wide)
