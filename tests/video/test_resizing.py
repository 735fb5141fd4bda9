"""One resizing of frames: in TensorFlow's graph, in FFmpeg, pixel by pixel."""

import av
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.video.decoding import FrameScaler, FrameShrinker
from rmdn_tf.video.resizing import resize_frames, resize_pixels
from tests.helpers.resized_pixels import resized

# (old size, new size): each axis shrinks little or much, grows, or stays.
SIZES = [
    ((128, 171), (112, 112)),
    ((36, 64), (14, 14)),
    ((16, 24), (4, 6)),
    ((9, 14), (14, 14)),
    ((7, 90), (16, 16)),
    ((64, 5), (8, 11)),
    ((1, 1), (3, 2)),
    ((12, 20), (12, 7)),
]


def noise(*shape):
    """Makes random colours: neighbours share nothing."""
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)


def in_graph(frames, size, **options):
    """Resizes in a graph that does not know the size of the frames."""
    spec = tf.TensorSpec([None, None, None, 3], tf.uint8)
    function = tf.function(lambda f: resize_pixels(f, size), [spec], **options)
    return function(frames).numpy()


@pytest.mark.parametrize(("old", "new"), [*SIZES, ((3, 2), (1, 1))])
def test_an_output_pixel_is_the_mean_of_its_area_or_lies_between_centres(
    old, new
):
    frames = noise(2, *old)
    found = resize_frames(tf.constant(frames), new).numpy()
    assert found.dtype == np.float32
    expected = [resized(frame, new) for frame in frames]
    # Half a level is rounding, after axes that shrink; the rest, of float32.
    shrinks = np.greater(old, new).any()
    atol = 0.501 if shrinks else 1e-3
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)
    if not np.less(old, new).any():
        np.testing.assert_array_equal(found, found.round())


@pytest.mark.parametrize(("old", "new"), SIZES)
def test_ffmpeg_resizes_to_the_same_pixels(old, new):
    frame = noise(*old)
    found = FrameScaler(new)(frame)
    # FFmpeg computes in integers and rounds to 8 bits. Only a side that becomes
    # one or two pixels is cut off.
    np.testing.assert_allclose(found, resized(frame, new), rtol=0, atol=0.9)
    graph = resize_pixels(tf.constant(frame[None]), new)[0].numpy()
    assert np.abs(found.astype(int) - graph).max() <= 1


@pytest.mark.parametrize(("old", "new"), SIZES[3:6])
def test_a_graph_need_not_know_the_size_of_frames(old, new):
    frames = noise(3, *old)
    expected = resize_pixels(tf.constant(frames), new).numpy()
    compiled = tf.function(
        lambda frames: resize_pixels(frames, new), jit_compile=True
    )
    for found in (in_graph(frames, new), compiled(tf.constant(frames)).numpy()):
        difference = np.abs(found.astype(int) - expected)
        # Another order of sums rounds a pixel just between two levels.
        assert difference.max() <= 1 and difference.mean() < 0.01


@pytest.mark.parametrize(
    ("old", "new"),
    [((128, 171), (64, 80)), ((16, 24), (4, 6)), ((64, 9), (8, 20))],
)
def test_rows_that_are_halved_have_the_bits_of_the_product_with_a_matrix(
    old, new
):
    frames = noise(2, *old)
    # Of an unknown size, rows are resized by a matrix.
    spec = tf.TensorSpec([None, None, None, 3], tf.uint8)
    by_matrix = tf.function(lambda f: resize_frames(f, new), [spec])(frames)
    halved = resize_frames(tf.constant(frames), new)
    np.testing.assert_array_equal(halved, by_matrix)


def test_frames_of_the_wanted_size_stay_as_they_are():
    frames = noise(2, 5, 6)
    for found in (
        resize_frames(tf.constant(frames), (5, 6)),
        in_graph(frames, (5, 6)),
    ):
        np.testing.assert_array_equal(found, frames)
    np.testing.assert_array_equal(FrameScaler((5, 6))(frames[0]), frames[0])


def test_the_resizing_needs_no_operation_that_other_runtimes_lack():
    function = tf.function(lambda frames: resize_frames(frames, (8, 8)))
    graph = function.get_concrete_function(
        tf.TensorSpec([None, 20, 30, 3], tf.uint8)
    ).graph
    names = {operation.type for operation in graph.get_operations()}
    assert not [
        name
        for name in names
        if "Resize" in name or "ScaleAnd" in name or "While" in name
    ]


def test_a_decoded_frame_gives_what_its_pixels_give():
    frame = av.VideoFrame.from_ndarray(noise(48, 64), format="rgb24")
    frame = frame.reformat(format="yuv420p")
    scale = FrameScaler((12, 20), converts_first=True)
    pixels = frame.to_ndarray(format="rgb24")
    np.testing.assert_array_equal(scale(frame), scale(pixels))
    # Datasets are prepared in the other order.
    assert not np.array_equal(FrameScaler((12, 20))(frame), scale(pixels))


def test_a_shrinker_leaves_sides_that_are_short():
    for size, expected in [
        ((30, 40), (12, 20)),
        ((6, 40), (6, 20)),
        ((30, 8), (12, 8)),
        ((6, 8), (6, 8)),
    ]:
        pixels = noise(*size)
        shrunk = FrameShrinker((12, 20))(pixels)
        np.testing.assert_array_equal(shrunk, FrameScaler(expected)(pixels))


def test_a_video_that_changes_its_size_keeps_that_of_its_first_frame():
    shrink = FrameShrinker((12, 20))
    sizes = [(6, 40), (30, 40), (3, 4)]
    assert {shrink(noise(*size)).shape for size in sizes} == {(6, 20, 3)}


def test_pixels_may_lie_anywhere_in_memory():
    frame = noise(10, 12)
    scale = FrameScaler((5, 7))
    for view in (frame[::-1], frame[:, ::2], np.asfortranarray(frame)):
        np.testing.assert_array_equal(scale(view), scale(view.copy("C")))
