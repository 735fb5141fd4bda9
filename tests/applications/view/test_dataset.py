"""A prepared dataset is shown beside the gaze of its observers."""

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("starlette", reason="needs the extra `view`")
pytest.importorskip("uvicorn", reason="needs the extra `view`")

from rmdn_tf.applications.view.dataset import ShownDataset
from rmdn_tf.applications.view.wire import split
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.video.reader import VideoReader
from tests.helpers.view_server import running_server

pytestmark = pytest.mark.slow


def test_the_stored_frames_become_a_video_with_their_times(demo_dir, tmp_path):
    dataset = ShownDataset(demo_dir, "test")
    name, video = next(iter(dataset.videos.items()))
    path = tmp_path / "frames.mkv"
    assert dataset.write(name, path) == path.stat().st_size
    with VideoReader(path) as reader:
        frames = [*reader]
    assert len(frames) == video.num_frames
    times = video.times_of(np.arange(video.num_frames))
    np.testing.assert_allclose([f.time for f in frames], times, atol=5e-4)
    (shard,) = tf.io.gfile.glob(dataset._shards[name])
    example = tf.train.Example()
    for content in tf.data.TFRecordDataset(shard).as_numpy_iterator():
        example.ParseFromString(content)
        fields = example.features.feature
        if fields["video_id"].bytes_list.value[0].decode() == name:
            break
    stored = tf.io.decode_jpeg(fields["frames"].bytes_list.value[0]).numpy()
    shown = frames[0].to_ndarray(format="rgb24")
    assert np.abs(stored.astype(int) - shown).mean() < 3


def test_its_videos_run_and_people_have_densities_at_the_same_times(
    demo_dir, tmp_path
):
    dataset = ShownDataset(demo_dir, "test")
    with running_server(tmp_path, dataset=dataset) as (_, client):
        state = client("GET", "/api/state")[1]
        assert [one["id"] for one in state["models"]] == ["model", "people"]
        assert len(state["videos"]) == len(dataset.videos)
        video = state["videos"][0]
        assert (video["from"], video["state"]) == ("dataset", "listed")
        path = f"/api/videos/{video['id']}"
        assert client("POST", f"{path}/start")[0] == 202
        client.finished(video["id"], "people")
        times = {}
        for model in ("model", "people"):
            content = client("GET", f"{path}/densities/{model}")[1]
            _, is_complete, records = split(content)
            assert is_complete
            times[model] = [record.time for record in records]
        assert times["model"] == times["people"] and len(times["people"]) > 1


def test_the_density_of_people_lies_where_they_looked(demo_dir, tmp_path):
    dataset = ShownDataset(demo_dir, "test")
    gaze = next(iter(dataset.videos.values()))
    with running_server(tmp_path, dataset=dataset) as (_, client):
        video = client("GET", "/api/state")[1]["videos"][0]
        path = f"/api/videos/{video['id']}"
        client("POST", f"{path}/start")
        client.finished(video["id"], "people")
        _, _, records = split(client("GET", f"{path}/densities/people")[1])
        fixations = client("GET", f"{path}/fixations")[1]
    points = gaze.gaze_on(np.array([0]))
    wanted = points.points[0][points.mask[0]].mean(0)
    moments = records[0].moments
    weights = moments.weight * (moments.scale_x < 1)
    mean = [weights @ moments.x, weights @ moments.y] / weights.sum()
    np.testing.assert_allclose(mean, wanted, atol=2e-3)
    shown = np.array(fixations["frames"][0])
    np.testing.assert_allclose(shown[:, :2].mean(0), wanted, atol=1e-4)
    assert len(fixations["times"]) == gaze.num_frames
    number = sum(map(len, fixations["frames"]))
    assert number == len(read_videos(demo_dir, "test")[gaze.video_id].points)


def test_a_video_without_a_dataset_has_no_people(tmp_path):
    with running_server(tmp_path) as (session, client):
        assert client("GET", "/api/state")[1]["models"] == [
            {"id": "model", "name": "model"}
        ]
        assert client("GET", "/api/videos/none/fixations")[0] == 404
