"""Files of saliency maps: valid, invalid and damaged."""

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.evaluation.map_files import read_map
from tests.helpers.damaged_bytes import (
    DAMAGES,
    IS_SEARCH,
    NUM_EXAMPLES,
    damage,
)
from tests.helpers.peer_maps import NOISE, write_image
from tests.helpers.written_maps import (
    SIZE,
    assert_equal,
    error_of,
    made_levels,
    png_of,
    read_one,
    write_array,
    write_png,
)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_levels_of_a_png_are_read_exactly(tmp_path, dtype, channels):
    levels = made_levels(0, dtype, (64, 96))
    write_png(tmp_path / "a/1.png", levels, channels)
    density = read_one(tmp_path, size=(64, 96))
    assert_equal(density, levels)
    # As whole numbers, the levels themselves.
    levels = levels.astype(np.float64)
    read = np.round(density * levels.sum())
    np.testing.assert_array_equal(read, levels)


@pytest.mark.parametrize("num_colours", [1, 3])
def test_an_opaque_channel_changes_nothing(tmp_path, num_colours):
    image = np.repeat(made_levels()[..., None], num_colours + 1, axis=-1)
    image[..., -1] = 255
    path = write_png(tmp_path / "a/1.png", image)
    assert_equal(read_one(tmp_path), made_levels())
    image[2, 3, -1] = 254
    write_png(path, image)
    message = error_of(tmp_path)
    assert re.search("a/1.png'. .*grey.*: transparent pixels", message)


def test_colours_are_an_error(tmp_path):
    image = np.repeat(made_levels()[..., None], 3, axis=-1)
    image[2, 3, 1] ^= 1
    write_png(tmp_path / "a/1.png", image)
    message = error_of(tmp_path)
    assert re.search("a/1.png'. .*grey image.*: colours", message)


@pytest.mark.parametrize("rgb", [False, True])
def test_the_levels_of_a_jpeg_are_read_to_the_nearest(tmp_path, rgb):
    rows, columns = np.mgrid[:48, :64]
    away = (rows - 20) ** 2 + (columns - 30) ** 2
    levels = np.round(255 * np.exp(-away / 100)).astype(np.uint8)
    path = tmp_path / "1.jpg"
    write_image(path, levels, rgb)
    read = read_map(str(path)) / 257
    # As Pillow reads them; TensorFlow's fast way is wrong by 6 levels.
    assert np.abs(read - levels).max() <= 1
    with Image.open(path) as picture:
        np.testing.assert_array_equal(read, picture.convert("L"))


def test_a_jpeg_in_colours_or_cut_short_is_an_error(tmp_path):
    path = tmp_path / "a/0001.jpg"
    write_image(path, NOISE)
    assert re.search("a/0001.jpg'. .*grey.*: colours", error_of(tmp_path))
    write_image(path, made_levels(size=(64, 64)))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "Unreadable map" in error_of(tmp_path)


def test_a_png_named_jpg_is_told_apart(tmp_path):
    path = write_png(tmp_path / "a/1.png", made_levels())
    path.rename(path.with_suffix(".jpg"))
    assert re.search("a/1.jpg': damaged or not a JPEG", error_of(tmp_path))


def test_a_png_of_one_bit_and_one_with_a_palette_are_read(tmp_path):
    # Width 8: a row is its filter, 0, and then one byte of eight pixels.
    one_bit = png_of((8, 1, 1, 0), b"\0\xa5")
    write_png(tmp_path / "a/1.png", made_levels()).write_bytes(one_bit)
    expected = [[1, 0, 1, 0, 0, 1, 0, 1]]
    assert_equal(read_one(tmp_path, size=(1, 8)), expected)
    palette = (b"PLTE", bytes([7, 7, 7, 200, 200, 200]))
    of_palette = png_of((8, 1, 1, 3), b"\0\xa5", palette)
    (tmp_path / "a/1.png").write_bytes(of_palette)
    expected = [[200, 7, 200, 7, 7, 200, 7, 200]]
    assert_equal(read_one(tmp_path, size=(1, 8)), expected)


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", ">f4", "float64", "uint8", "bool"]
)
@pytest.mark.parametrize("order", "CF")
def test_real_numbers_of_any_type_are_read(tmp_path, dtype, order):
    array = np.asarray(made_levels() // 2, dtype, order=order)
    write_array(tmp_path / "a/1.npy", array)
    assert_equal(read_one(tmp_path), array.astype(np.float64))


@pytest.mark.parametrize("layout", ["a/1.npy", "a.npy"])
@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(SIZE), "Black .*{layout}'. .*only zeros"),
        (np.full(SIZE, np.nan), "frame 0,.*{layout}'.*finite numbers"),
        (np.array([[1, np.inf]]), "frame 0,.*{layout}'.*finite numbers"),
        (np.array([[1, -np.inf]]), "frame 0,.*{layout}'.*finite numbers"),
        (np.array([[1, -1e-30]]), "frame 0,.*{layout}'.*finite numbers"),
        (np.ones([]), "{layout}'.*shape|Unreadable"),
        (np.ones([6]), "{layout}'.*shape"),
        (np.ones([2, 3, 6, 8]), "{layout}'.*shape"),
        (np.ones([0, 8]), "{layout}'.*shape|Unreadable"),
        (np.ones(SIZE, np.complex64), "Invalid array .*{layout}'"),
        (np.ones(SIZE).astype("U3"), "Invalid array .*{layout}'"),
        (np.ones(SIZE, int).astype("M8[s]"), "Invalid array .*{layout}'"),
        (np.ones(SIZE, object), "Unreadable array .*{layout}'"),
    ],
)
def test_an_invalid_array_is_an_error(tmp_path, layout, array, message):
    array = np.asarray(array)
    write_array(tmp_path / layout, array[None] if layout == "a.npy" else array)
    assert re.search(message.format(layout=layout), error_of(tmp_path))


def test_an_image_of_zeros_and_a_pickle_are_errors(tmp_path):
    write_png(tmp_path / "a/1.png", np.zeros(SIZE, np.uint8))
    assert re.search("Black .*a/1.png'. .*only zeros", error_of(tmp_path))
    (tmp_path / "b").mkdir()
    np.ones(SIZE).dump(tmp_path / "b/1.npy")
    message = error_of(tmp_path, video_id="b")
    assert re.search("Unreadable array .*b/1.npy'", message)


def check_readable(tmp_path):
    """Checks that a map becomes a density, or that an error is clear."""
    try:
        density = read_one(tmp_path, size=(5, 9))
    except MapError as error:
        assert str(tmp_path) in str(error)
        return
    assert (density >= 0).all()
    np.testing.assert_allclose(density.sum(), 1, rtol=1e-9)


searched = settings(
    max_examples=NUM_EXAMPLES, deadline=None, derandomize=not IS_SEARCH
)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@searched
@given(damages=DAMAGES)
def test_a_damaged_image_is_a_clear_error(tmp_path_factory, dtype, damages):
    folder = tmp_path_factory.getbasetemp() / "damaged_image"
    path = write_png(folder / "a/1.png", made_levels(0, dtype))
    path.write_bytes(damage(path.read_bytes(), damages))
    check_readable(folder)


@pytest.mark.parametrize("layout", ["a/1.npy", "a.npy"])
@searched
@given(damages=DAMAGES)
@example(damages=b"PK\x03\x04")
@example(damages=b"\x93NUMPY\x01\x00\x02\x00{ ")
def test_a_damaged_array_is_a_clear_error(tmp_path_factory, layout, damages):
    folder = tmp_path_factory.getbasetemp() / f"damaged_{len(layout)}"
    shape = [2, *SIZE] if layout == "a.npy" else SIZE
    path = write_array(folder / layout, np.ones(shape, np.float32))
    path.write_bytes(damage(path.read_bytes(), damages))
    check_readable(folder)


@searched
@given(
    sizes=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    bits=st.sampled_from([1, 2, 4, 8, 16]) | st.integers(0, 255),
    kind=st.sampled_from([0, 2, 3, 4, 6]) | st.integers(0, 255),
    pixels=st.binary(max_size=200),
)
def test_an_image_that_lies_with_true_checksums_is_a_clear_error(
    tmp_path_factory, sizes, bits, kind, pixels
):
    folder = tmp_path_factory.getbasetemp() / "lying_image"
    path = write_png(folder / "a/1.png", made_levels())
    path.write_bytes(png_of((*sizes, bits, kind), pixels))
    check_readable(folder)


def test_an_image_cut_short_anywhere_is_an_error(tmp_path):
    path = write_png(tmp_path / "a/1.png", made_levels())
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert "Unreadable map" in error_of(tmp_path)


def test_an_array_cut_short_anywhere_is_an_error(tmp_path):
    path = write_array(tmp_path / "a/1.npy", np.ones([2, 3], np.float32))
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert "Unreadable array" in error_of(tmp_path)


@pytest.mark.parametrize("layout", ["a/1.npy", "a.npy"])
def test_an_array_with_more_numbers_than_its_shape_is_an_error(
    tmp_path, layout
):
    shape = [2, *SIZE] if layout == "a.npy" else SIZE
    path = write_array(tmp_path / layout, np.ones(shape, np.float32))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"6, 8)", b"5, 8)"))
    assert re.search(
        "Unreadable array .* bytes for the shape", error_of(tmp_path)
    )
    path.write_bytes(content + b"\0")
    assert "Unreadable array" in error_of(tmp_path)


def test_an_image_with_too_few_rows_is_an_error(tmp_path):
    path = write_png(tmp_path / "a/1.png", made_levels())
    path.write_bytes(png_of((8, 3, 8, 0), bytes([0, *range(8)]) * 2))
    assert re.search("Unreadable map .*a/1.png'", error_of(tmp_path))


@pytest.mark.parametrize("size", [(60_000, 60_000), (8192, 4097), (2**31, 1)])
def test_an_image_that_claims_too_many_pixels_is_not_decoded(tmp_path, size):
    path = write_png(tmp_path / "a/1.png", made_levels())
    path.write_bytes(png_of((*size, 8, 0), b"\0"))
    message = error_of(tmp_path)
    assert re.search("Unreadable map .*a/1.png'", message)
    assert "more than 33554432" in message or "damaged" in message


@pytest.mark.parametrize("layout", ["a/1.npy", "a.npy"])
def test_a_map_of_too_many_pixels_is_not_read(tmp_path, layout):
    array = np.zeros([0, 0], np.uint8)
    path = write_array(tmp_path / layout, array)
    shape = (2**13, 2**13) if layout == "a/1.npy" else (1, 2**13, 2**13)
    # A file with a hole: it takes no room on the disk.
    np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    assert "Expected at most 33554432 pixels" in error_of(tmp_path)


def test_the_maps_of_a_video_are_not_listed_one_by_one(tmp_path):
    path = write_array(tmp_path / "a.npy", np.zeros([1, 0, 5]))
    content = path.read_bytes().replace(
        b"(1, 0, 5)", b"(9%s, 0, 5)" % (b"9" * 9)
    )
    path.write_bytes(content.replace(b" " * 9 + b"\n", b"\n"))
    assert "Received: shape (0, 5)" in error_of(tmp_path)
