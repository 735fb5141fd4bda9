"""Tests of `rmdn_tf.files.images`."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from rmdn_tf.files.images import read_image
from tests.helpers.written_maps import png_of


class PictureError(ValueError):
    pass


def read(path, channels=3):
    return read_image(path, channels=channels, error=PictureError)


@pytest.mark.parametrize("encode", [tf.io.encode_png, tf.io.encode_jpeg])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_truncated_image_is_an_error(tmp_path, encode, share):
    noise = np.random.default_rng(0).integers(0, 256, [24, 32, 3], np.uint8)
    content = encode(noise).numpy()
    path = tmp_path / "a_1.png"
    path.write_bytes(content[: int(share * len(content))])
    for channels in (1, 3):
        with pytest.raises(PictureError, match="Unreadable image .*a_1.png"):
            read(path, channels)


def test_a_missing_image_is_an_error(tmp_path):
    with pytest.raises(PictureError, match="a.png.*No such file"):
        read(tmp_path / "a.png")


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM"]),
    st.binary(max_size=200),
)
def test_random_bytes_are_an_error_that_names_the_file(
    tmp_path_factory, magic, content
):
    path = tmp_path_factory.getbasetemp() / "random_1.png"
    path.write_bytes(magic + content)
    with pytest.raises(PictureError, match="random_1.png"):
        read(path)


@pytest.mark.parametrize("size", [(60_000, 60_000), (8192, 4097), (2**30, 1)])
def test_an_image_that_claims_too_many_pixels_is_not_decoded(tmp_path, size):
    path = tmp_path / "a_1.png"
    path.write_bytes(png_of((*size, 8, 2), b"\0"))
    with pytest.raises(PictureError, match="Unreadable .*a_1.png'.*pixels"):
        read(path)


def test_a_jpeg_that_claims_too_many_pixels_is_not_decoded(tmp_path):
    content = tf.io.encode_jpeg(np.zeros([24, 32, 3], np.uint8)).numpy()
    start = content.index(b"\xff\xc0") + 5
    huge = content[:start] + b"\xff\xdc" * 2 + content[start + 4 :]
    (tmp_path / "a_1.jpg").write_bytes(huge)
    with pytest.raises(PictureError, match="more than 33554432 pixels"):
        read(tmp_path / "a_1.jpg")
