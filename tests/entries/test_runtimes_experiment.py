"""What a network loses in another runtime is measured on the same clips."""

import numpy as np

from experiments.runtimes.losses import TENSORFLOW, table
from experiments.runtimes.streamed import NUM_CLIPS, stream_dataset
from experiments.spatial.maps import read_maps, write_maps
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.predictors import Static
from rmdn_tf.runs.loading import load_stateful


def test_a_streamed_dataset_has_the_mixtures_of_its_windows(
    trained_run, demo_dir, tmp_path
):
    stream_dataset(trained_run, demo_dir, "test", tmp_path, TENSORFLOW)
    predict, stride = load_stateful(trained_run)
    window = Window(16 + (NUM_CLIPS - 1) * stride, stride)
    expected: dict[str, list] = {}
    for batch in ordered_windows(demo_dir, "test", batch_size=1, window=window):
        video = batch["video_id"][0].numpy().decode()
        number = int(np.count_nonzero(batch["frame_mask"][0]))
        rows = predict(batch)[0][: -(-number // stride)]
        expected.setdefault(video, []).extend(np.asarray(rows))
    assert expected
    for video, rows in expected.items():
        stored = read_maps(tmp_path / "parameters" / TENSORFLOW, video)
        np.testing.assert_allclose(stored, rows, rtol=1e-4, atol=1e-5)


def test_a_network_that_is_shifted_loses_what_the_table_says(
    trained_run, demo_dir, tmp_path
):
    stream_dataset(trained_run, demo_dir, "test", tmp_path, TENSORFLOW)
    videos = read_videos(demo_dir, "test")
    for video in videos:
        for kind, change in (("parameters", 0.25), ("maps", 1.0)):
            stored = read_maps(tmp_path / kind / TENSORFLOW, video)
            write_maps(tmp_path / kind / "same", {video: stored + 0})
            write_maps(tmp_path / kind / "other", {video: stored * 0 + change})
    text = table(tmp_path, ["same", "other"], videos, Static(None))
    rows = [line.split("|")[1:-1] for line in text.splitlines()[2:]]
    cells = {row[0].strip(): [c.strip() for c in row[1:]] for row in rows}
    (own, loss, *_), same = cells["other"], cells["same"]
    bits = float(cells[TENSORFLOW][0])
    assert float(own) == 0  # Uniform.
    np.testing.assert_allclose(float(loss.split()[0]), bits, atol=1e-4)
    assert same[1:] == ["+0.0000 ±0.0000", "0.0e+00", "0.0e+00", "0.0e+00"]
    first = dict([*videos.items()][:1])  # One video has no interval.
    text = table(tmp_path, ["same"], first, Static(None))
    assert "| +0.0000 |" in text
