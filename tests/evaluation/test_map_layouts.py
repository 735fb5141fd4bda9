"""Maps as published tools write them score as in our own layout."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.predictors import Maps
from rmdn_tf.evaluation.protocols import ExactProtocol
from tests.helpers.made_gaze import make_video
from tests.helpers.peer_maps import LAYOUTS, TOLERANCES
from tests.helpers.written_maps import write_png

NUM_FRAMES = 20
SIZE = (48, 64)
VIDEO = make_video("v_0001", NUM_FRAMES)


def made_maps():
    """Returns maps near the gaze, uint8 `[L, h, w]`, with a peak of 255."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    places = VIDEO.gaze_on(np.arange(NUM_FRAMES)).points.mean(1) + 0.05
    away = [
        (rows / SIZE[0] - y) ** 2 + (columns / SIZE[1] - x) ** 2
        for x, y in places
    ]
    return np.round(255 * np.exp(-np.array(away) / 0.08)).astype(np.uint8)


MAPS = made_maps()


def scores_of(directory, **options):
    """Evaluates the maps of a directory; returns scores and description."""
    maps = MapDirectory(directory, **options)
    found = maps.survey({VIDEO.video_id: VIDEO})
    batch = {
        "frame_mask": tf.ones([1, NUM_FRAMES], tf.bool),
        "video_id": tf.constant([VIDEO.video_id]),
        "first_frame": tf.constant([0]),
    }
    scores = evaluate(
        {"maps": Maps(maps, 0.01)},
        [batch],
        {VIDEO.video_id: VIDEO},
        ExactProtocol({VIDEO.video_id: VIDEO}, 0.03, size=SIZE),
    )
    means = {m: scores.mean("maps", m) for m in scores.metrics}
    return means, found


@pytest.fixture(scope="module")
def own_scores(tmp_path_factory):
    directory = tmp_path_factory.mktemp("own")
    for number, levels in enumerate(MAPS, 1):
        write_png(directory / f"{VIDEO.video_id}/{number:04d}.png", levels)
    return scores_of(directory)[0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_scores_as_our_own(tmp_path, own_scores, layout):
    write, options = LAYOUTS[layout]
    write(tmp_path, VIDEO.video_id, MAPS)
    scores, found = scores_of(tmp_path, **options)
    assert found.startswith(f"{NUM_FRAMES} maps of 1 video, ")
    assert f"'{tmp_path}/" in found
    assert scores == pytest.approx(
        own_scores, rel=TOLERANCES[layout], nan_ok=True
    )
    assert own_scores["nss"] > 1 and own_scores["bits"] > 1
