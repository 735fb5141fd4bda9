"""The page's numbers of areas and crops are those of the commands."""

import csv
import io
import threading

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `view`")
pytest.importorskip("uvicorn", reason="needs the extra `view`")

from rmdn_tf import reframe
from rmdn_tf.applications.areas.area import KeyFrame, make_area
from rmdn_tf.applications.areas.report import report
from rmdn_tf.applications.areas.settings import AreaSettings
from rmdn_tf.applications.view.measures import crop_of
from rmdn_tf.applications.view.opening import Facts
from rmdn_tf.prediction.settings import NetworkSettings
from tests.helpers.made_streams import join, write_stream
from tests.helpers.made_videos import write_lossless
from tests.helpers.view_server import formula_model, running_server

AREAS = [
    {"name": "left", "points": [[0, 0], [0.3, 0], [0.3, 1], [0, 1]]},
    {"name": "corner", "points": [[0.5, 0.5], [0.9, 0.5], [0.5, 0.9]]},
]

# The commands warn of a clock that jumps.
pytestmark = pytest.mark.filterwarnings("ignore:The time of")

BOX = "x", "y", "width", "height"


@pytest.fixture(scope="module", params=["a cut", "a clock that jumps"])
def clip(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("videos")
    if request.param == "a clock that jumps":
        parts = [write_stream(folder / f"{n}.ts", n) for n in (41, 30)]
        return join(folder / "clip.ts", *parts)
    frames = [np.full((90, 160, 3), 20 + n, np.uint8) for n in range(20)]
    frames += [np.full((90, 160, 3), 200 + n, np.uint8) for n in range(20)]
    return write_lossless(folder / "clip.mkv", np.stack(frames), rate=20)


@pytest.fixture(scope="module")
def shown(tmp_path_factory, clip):
    with running_server(tmp_path_factory.mktemp("private")) as (_, client):
        _, video = client.upload(clip)
        client.finished(video["id"])
        yield client, f"/api/videos/{video['id']}"


def table_of_areas(clip, path):
    """Writes the table of `rmdn areas`; returns its content."""
    areas = [
        make_area(one["name"], [KeyFrame(0.0, np.array(one["points"], float))])
        for one in AREAS
    ]
    settings = AreaSettings(areas="", output=str(path))
    report(formula_model(), None, clip, areas, settings, NetworkSettings())
    return path.read_text()


def test_shares_of_areas_are_those_of_rmdn_areas(shown, clip, tmp_path):
    client, video = shown
    document = {"model": "model", "areas": AREAS}
    status, found = client("POST", f"{video}/areas", document)
    assert status == 200
    table = table_of_areas(clip, tmp_path / "table.csv")
    rows = [*csv.DictReader(io.StringIO(table))]
    for area, shares in zip(AREAS, found["shares"], strict=True):
        wanted = [row for row in rows if row["area"] == area["name"]]
        np.testing.assert_allclose(
            shares, [float(row["share"]) for row in wanted], rtol=1e-5
        )
        np.testing.assert_allclose(
            found["times"], [float(row["time_seconds"]) for row in wanted]
        )
    assert max(found["shares"][0]) > min(found["shares"][0]) + 0.1


def test_the_table_of_areas_is_that_of_rmdn_areas(shown, clip, tmp_path):
    client, video = shown
    document = {"kind": "areas", "model": "model", "areas": AREAS}
    status, file = client("POST", f"{video}/files", document)
    assert (status, file["name"]) == (202, "clip.model.areas.csv")
    path = f"{video}/files/{file['id']}"
    content = client.until(path, lambda status, _: status != 409)
    assert content.decode() == table_of_areas(clip, tmp_path / "table.csv")


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_the_crop_is_that_of_rmdn_reframe(
    shown, clip, aspect, tmp_path, monkeypatch
):
    client, video = shown
    _, facts = client("GET", video)
    size = facts["width"], facts["height"]
    status, found = client("GET", f"{video}/crop?model=model&aspect={aspect}")
    assert status == 200
    monkeypatch.setattr(
        "rmdn_tf.prediction.attention_model.load", lambda *_: formula_model()
    )
    path = tmp_path / "path.csv"
    flags = ["--video", clip, "--aspect", aspect, "--path", path]
    assert reframe.main([*map(str, flags)]) == 0
    rows = np.genfromtxt(path, delimiter=",", names=True)
    assert len({*rows["shot"]}) == 1 + clip.match("*.mkv")
    np.testing.assert_allclose(found["times"], rows["time_seconds"], atol=1e-6)
    boxes = np.stack([rows[f"{name}_pixels"] for name in BOX], 1)
    np.testing.assert_allclose(
        np.array(found["boxes"]) * [*size, *size], boxes, atol=1e-3
    )


def test_pixels_that_are_nearly_lines_have_no_crop():
    facts = Facts("video", 160, 90, 1e-6, 1.0, 20, 20.0, 0.0, None)
    with pytest.raises(ValueError, match="Invalid `aspect`"):
        crop_of(facts, None, "9:16")


def test_numbers_are_refused_until_the_run_is_done(tmp_path, clip):
    go_on = threading.Event()
    models = {"model": formula_model(go_on)}
    with running_server(tmp_path, models) as (_, client):
        _, video = client.upload(clip)
        path = f"/api/videos/{video['id']}"
        document = {"model": "model", "kind": "maps", "areas": AREAS}
        assert client("POST", f"{path}/areas", document)[0] == 409
        assert client("POST", f"{path}/files", document)[0] == 409
        assert client("GET", f"{path}/crop?model=model")[0] == 409
        go_on.set()
