"""A legend says what lines and colours mean."""

import numpy as np
import pytest

from rmdn_tf.video.legend import draw_legend

RED = (255, 0, 0)


def test_a_row_holds_the_sample_and_light_text_on_a_dark_panel():
    legend = draw_legend([(("line", RED), "a line")], (360, 640))
    height, width, _ = legend.shape
    assert height % 2 == width % 2 == 0
    assert 15 < height < 40 and 40 < width < 150
    rgb = legend[..., :3].astype(int)
    is_red = (rgb[..., 0] > 150) & (rgb[..., 1:].max(-1) < 60)
    is_text = rgb.min(-1) > 200
    assert is_red.sum() > 15 and is_text.sum() > 15
    assert np.nonzero(is_red)[1].max() < np.nonzero(is_text)[1].min()
    assert (legend[..., 3] > 150).all()


def test_each_row_lies_below_the_one_before():
    rows = [(("line", RED), "one"), (("ring", (0, 0, 255)), "two")]
    rgb = draw_legend(rows, (360, 640))[..., :3].astype(int)
    red = np.nonzero(rgb[..., 0] - rgb[..., 2] > 100)[0]
    blue = np.nonzero(rgb[..., 2] - rgb[..., 0] > 100)[0]
    assert red.max() < blue.min()


def test_a_bar_runs_through_its_colours_from_left_to_right():
    colours = np.repeat(np.arange(256)[:, None], 3, 1)
    legend = draw_legend([(("bar", colours), "")], (360, 640))
    row = legend[len(legend) // 2, :, 0].astype(int)
    bar = row[np.argmax(row > 0) : row.argmax() + 1]
    assert len(bar) > 40
    assert (np.diff(bar) >= 0).all() and bar[-1] > 240


@pytest.mark.parametrize("size", [(2160, 3840), (360, 640), (120, 160), (8, 8)])
def test_a_legend_grows_with_the_frame_and_is_not_wider(size):
    text = "holds 50% of the gaze"
    legend = draw_legend([(("line", RED), text)] * 2, size)
    assert legend.shape[1] <= size[1]
    if size[0] > 100:
        assert 0.04 < len(legend) / size[0] < 0.35
