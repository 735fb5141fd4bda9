"""Tests of `tfrecords_tools.frames.still_pictures`, through `opening`."""

import collections
import struct

import numpy as np
import pytest
from PIL import Image

from rmdn_tf.data.records import Fixations
from rmdn_tf.video.picture_names import SUFFIXES
from tests.helpers.source_checks import arrays_of
from tfrecords_tools.frames.opening import estimate_length, open_video, probe
from tfrecords_tools.frames.still_pictures import read_picture
from tfrecords_tools.raw_video import SourceError

ORIENTATION = 0x0112


def frames_of(path):
    facts = probe(path)
    raw = open_video(path, facts, Fixations.empty(), collections.Counter())
    assert raw.is_picture
    frames = arrays_of(raw.frames)
    assert [frame.shape[:2] for frame in frames] == [facts.size]
    return frames


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_is_a_video_of_one_frame(tmp_path, suffix):
    path = tmp_path / f"a{suffix.upper()}"
    Image.new("RGB", (30, 20), (200, 100, 50)).save(path, quality=95)
    facts = probe(path)
    assert (facts.num_frames, facts.frames_per_second) == (1, 1.0)
    assert facts.size == (20, 30)
    assert estimate_length(path) == 1
    (frame,) = frames_of(path)
    np.testing.assert_allclose(frame[10, 15], (200, 100, 50), atol=3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_size_and_pixels_are_those_of_the_upright_picture(
    tmp_path, suffix, orientation
):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f"a{suffix}"
    Image.new("RGB", (30, 20)).save(path, exif=exif)
    expected = (30, 20) if orientation >= 5 else (20, 30)
    assert frames_of(path)[0].shape[:2] == expected


def test_a_damaged_picture_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match="Unreadable picture '.*a.jpg'"):
        frames_of(path)
    path.write_bytes(b"text")
    with pytest.raises(SourceError, match="a.jpg'. Expected a whole file of"):
        probe(path)
    path.unlink()
    with pytest.raises(SourceError, match="Unreadable picture '.*a.jpg'"):
        probe(path)


def test_a_tiff_whose_width_is_text_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.tif"
    Image.new("RGB", (30, 20)).save(path)
    width, text = (struct.pack("<HHI", 256, kind, 1) for kind in (4, 2))
    content = path.read_bytes()
    assert content.count(width) == 1
    path.write_bytes(content.replace(width, text))
    for read in (probe, lambda path: list(read_picture(path))):
        with pytest.raises(SourceError, match="Unreadable picture '.*a.tif'"):
            read(path)


def test_a_damaged_tag_beside_the_orientation_does_not_matter(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION], exif[0x0110] = 6, "phone"
    path = tmp_path / "a.jpg"
    Image.new("RGB", (30, 20)).save(path, exif=exif)
    content = path.read_bytes()
    # The second tag holds a number; here it is stored as text.
    name, damaged = (struct.pack(">HHI", tag, 2, 6) for tag in (0x0110, 0x013D))
    assert content.count(name) == 1
    path.write_bytes(content.replace(name, damaged))
    assert frames_of(path)[0].shape[:2] == (30, 20)


def test_a_picture_of_100_megapixels_brings_no_warning(tmp_path, recwarn):
    path = tmp_path / "a.png"
    Image.new("1", (12000, 8000)).save(path)
    assert probe(path).size == (8000, 12000)
    assert not recwarn.list


def test_an_animation_is_no_picture(tmp_path):
    pages = [Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8), "red")]
    for name in ("a.png", "a.webp", "a.tif"):
        path = tmp_path / name
        pages[0].save(path, save_all=True, append_images=pages[1:])
        with pytest.raises(SourceError, match="Expected one picture.* 2 in"):
            probe(path)
