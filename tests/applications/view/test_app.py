"""Tests the answers of the server, over real connections."""

import asyncio
import concurrent.futures
import csv
import io
import threading
import zipfile

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="needs the extra `view`")
pytest.importorskip("uvicorn", reason="needs the extra `view`")

from rmdn_tf.applications.view import app, downloads
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.settings import NetworkSettings
from tests.helpers.made_videos import moving_square, write_lossless, write_video
from tests.helpers.view_server import formula_model, running_server

NUM_FRAMES, RATE = 30, 10


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("videos") / "clip.mp4"
    return write_video(path, moving_square(NUM_FRAMES), rate=RATE)


def test_the_page_and_its_files_are_answered_with_their_types(client):
    status, headers, content = client.send("GET", "/?token=secret-token")
    assert status == 200 and b"<html" in content
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "HttpOnly; SameSite=Strict" in headers["Set-Cookie"]
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    cookie = {"Cookie": client.cookie}
    _, headers, _ = client.send("GET", "/page/main.js", headers=cookie)
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_an_uploaded_video_runs_and_its_densities_are_those_of_the_model(
    client, clip
):
    status, video = client.upload(clip, "Größe.mp4")
    assert status == 201
    assert (video["name"], video["from"]) == ("Größe.mp4", "upload")
    assert (video["width"], video["height"], video["kind"]) == (64, 48, "video")
    assert (video["frames"], video["seconds"]) == (NUM_FRAMES, 3.0)
    records = client.records(video["id"])
    with predicted_video(
        formula_model(), clip, NetworkSettings(hold=True)
    ) as predicted:
        expected = [(frame.time, density) for frame, density in predicted]
    assert [r.time for r in records] == [time for time, _ in expected[::2]]
    for record, (_, density) in zip(records, expected[::2], strict=True):
        assert record.entropy == pytest.approx(density.entropy(), abs=0.05)
        mean = record.moments.weight @ record.moments.x
        wanted = density.moments()
        assert mean == pytest.approx(wanted.weight @ wanted.x, abs=1e-4)
    assert client.finished(video["id"])["state"] == "done"


def test_densities_come_while_the_rest_of_the_video_runs(tmp_path, clip):
    go_on = threading.Event()
    models = {"model": formula_model(), "other_model": formula_model(go_on)}
    with running_server(tmp_path, models) as (_, client):
        _, video = client.upload(clip)
        assert len(client.records(video["id"])) == NUM_FRAMES // 2
        states = client("GET", f"/api/videos/{video['id']}")[1]["densities"]
        assert states["other_model"]["state"] == "running"
        go_on.set()
        client.finished(video["id"], "other_model")


def test_a_removed_video_stops_and_leaves_nothing_on_disk(tmp_path, clip):
    go_on = threading.Event()
    models = {"model": formula_model(go_on)}
    with running_server(tmp_path, models) as (session, client):
        _, video = client.upload(clip)
        run = session.videos[video["id"]].runs["model"]
        assert client("DELETE", f"/api/videos/{video['id']}")[0] == 204
        go_on.set()
        while run.state in ("waiting", "running"):
            pass
        assert run.error == "Stopped."
        assert session._num_bytes == 0
        assert client("GET", f"/api/videos/{video['id']}")[0] == 404
        assert client("GET", "/api/state")[1]["videos"] == []
        assert not [*tmp_path.iterdir()]


def test_a_cut_lies_before_the_first_record_of_a_shot(client, tmp_path):
    black = np.zeros((1, 48, 64, 3), np.uint8)
    frames = np.concatenate([np.repeat(black + n, 10, 0) for n in (20, 230)])
    path = write_lossless(tmp_path / "cut.mkv", frames, rate=RATE)
    _, video = client.upload(path)
    records = client.records(video["id"])
    assert [r.time for r in records if r.is_after_cut] == [1.0]


def test_a_video_that_browsers_cannot_play_is_encoded_for_them(
    client, tmp_path
):
    frames = moving_square(NUM_FRAMES, height=47, width=63)
    path = write_lossless(tmp_path / "odd.mkv", frames, rate=RATE)
    _, video = client.upload(path)
    address = f"/api/videos/{video['id']}"
    client.until(address, lambda _, v: v["playable"]["state"] == "done")
    status, content = client("GET", f"{address}/playable")
    assert status == 200
    (tmp_path / "made.mp4").write_bytes(content)
    _, again = client.upload(tmp_path / "made.mp4")
    assert again["playable"]["state"] == "done"
    assert (again["width"], again["height"]) == (62, 46)
    assert (again["frames"], again["seconds"]) == (NUM_FRAMES, 3.0)


def test_a_video_that_browsers_play_is_answered_as_it_is_and_in_parts(
    client, clip
):
    _, video = client.upload(clip)
    path, content = f"/api/videos/{video['id']}/playable", clip.read_bytes()
    assert client("GET", path) == (200, content)
    assert client("GET", path, Range="bytes=10-19") == (206, content[10:20])


def test_a_picture_has_one_record_and_stays_a_picture(client, tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(moving_square(1)[0]).save(path)
    _, video = client.upload(path)
    assert (video["kind"], video["frames"]) == ("picture", 1)
    assert len(client.records(video["id"])) == 1
    answer = client("GET", f"/api/videos/{video['id']}/playable")
    assert answer == (200, path.read_bytes())


def made_file(client, id, **wanted):
    """Makes a file; returns its name and content."""
    client.finished(id)
    document = {"model": "model", **wanted}
    status, file = client("POST", f"/api/videos/{id}/files", document)
    assert status == 202
    path = f"/api/videos/{id}/files/{file['id']}"
    content = client.until(path, lambda status, _: status != 409)
    return file["name"], content


def test_parameters_are_those_that_predict_writes(client, clip, tmp_path):
    _, video = client.upload(clip)
    name, content = made_file(client, video["id"], kind="parameters")
    assert name == "clip.model.parameters.npz"
    arrays = np.load(io.BytesIO(content))
    with predicted_video(formula_model(), clip, NetworkSettings()) as predicted:
        for number, (_, density) in enumerate(predicted):
            row = arrays["parameters"][number][: len(density.parameters)]
            np.testing.assert_array_equal(row, density.parameters)
    assert len(arrays["time_seconds"]) == NUM_FRAMES


def test_the_summary_has_a_line_for_each_frame(client, clip):
    _, video = client.upload(clip)
    name, content = made_file(client, video["id"], kind="summary")
    rows = [*csv.DictReader(io.StringIO(content.decode()))]
    assert name == "clip.model.summary.csv" and len(rows) == NUM_FRAMES
    with predicted_video(formula_model(), clip, NetworkSettings()) as predicted:
        for row, (frame, density) in zip(rows, predicted, strict=True):
            assert float(row["time_seconds"]) == pytest.approx(frame.time)
            assert float(row["entropy_bits"]) == pytest.approx(
                density.entropy(), rel=1e-3
            )


def test_maps_and_the_drawn_video_are_made_of_the_same_densities(client, clip):
    _, video = client.upload(clip)
    _, content = made_file(client, video["id"], kind="maps")
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert sum(n.endswith(".png") for n in archive.namelist()) == NUM_FRAMES
    name, content = made_file(
        client, video["id"], kind="overlay", style="contours"
    )
    assert name == "clip.model.overlay.mp4" and content[4:8] == b"ftyp"


def test_files_of_the_command_line_run_when_they_are_wanted(tmp_path, clip):
    with running_server(tmp_path) as (session, client):
        session.add_files([clip])
        (video,) = client("GET", "/api/state")[1]["videos"]
        assert (video["state"], video["from"]) == ("listed", "command")
        path = f"/api/videos/{video['id']}"
        assert client("POST", f"{path}/start")[0] == 202
        assert len(client.records(video["id"])) == NUM_FRAMES // 2
        assert client("DELETE", path)[0] == 204
        assert client("GET", path)[1]["state"] == "listed"
        assert client("POST", f"{path}/start")[0] == 202
        assert client.finished(video["id"])["state"] == "done"
    assert clip.exists()


def test_any_number_of_files_can_be_made_and_the_oldest_goes(
    served, clip, monkeypatch
):
    session, client = served
    monkeypatch.setattr(downloads, "_MAX_FILES", 2)
    _, video = client.upload(clip)
    client.finished(video["id"])
    path, made = f"/api/videos/{video['id']}", []
    for _ in range(4):
        status, file = client("POST", f"{path}/files", {"kind": "parameters"})
        assert status == 202
        made.append(f"{path}/files/{file['id']}")
        client.until(made[-1], lambda status, _: status == 200)
    assert [client("GET", one)[0] for one in made[:3]] == [404, 404, 200]
    shown = session.videos[video["id"]]
    on_disk = [f for f in shown.folder.rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in on_disk) == shown.num_bytes
    assert client("DELETE", path)[0] == 204


def test_uploads_at_once_wait_for_their_turn(client, clip, monkeypatch):
    store = app.store

    async def store_slowly(*given):
        await asyncio.sleep(0.1)
        await store(*given)

    monkeypatch.setattr(app, "store", store_slowly)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(client.upload, [clip] * 4)]
    assert [status for status, _ in answers] == [201] * 4
