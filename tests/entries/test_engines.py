"""Every engine does the same tasks: the bytes are those of one process.

On hosts of their own, workers are killed and cut off in the middle.
"""

import functools
import hashlib
import json
import os
import pathlib
import threading
import time

import pytest

from rmdn_tf import evaluate, predict
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.training.cached_features import FrozenFeatures
from tests.helpers.dask_cluster import DaskCluster
from tests.helpers.made_actions import recognize
from tests.helpers.made_videos import moving_square, write_video
from tfrecords_tools import prepare
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare as prepare_source
from tfrecords_tools.sources.demo import Demo

pytestmark = [pytest.mark.slow, pytest.mark.versions]

DEMO = (
    *("--dataset=demo", "--demo_videos=24", "--num_shards=24"),
    *("--height=48", "--width=64"),
)


@pytest.fixture(params=["processes", "dask", "beam"])
def engine(request):
    """The settings of an engine other than this process."""
    if request.param == "processes":
        return {"workers": 2}
    if request.param == "beam":
        pytest.importorskip("apache_beam", reason="needs the extra `beam`")
        return {"runner": "DirectRunner"}
    return {"cluster": request.getfixturevalue("cluster").address}


def flags_of(engine):
    return [f"--{name}={value}" for name, value in engine.items()]


def contents(directory):
    """Relative path -> checksum, of all files but locks."""
    return {
        os.path.relpath(path, directory): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(pathlib.Path(directory).rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """What one process prepares."""
    output_dir = tmp_path_factory.mktemp("prepared")
    flags = [*DEMO, "--workers=1", f"--output_dir={output_dir}"]
    assert prepare.main(flags) == 0
    return contents(output_dir)


def test_preparing(engine, prepared, tmp_path):
    flags = [*DEMO, *flags_of(engine), f"--output_dir={tmp_path}"]
    assert prepare.main(flags) == 0
    assert contents(tmp_path) == prepared


@pytest.fixture(scope="module")
def predicting(tiny_spatial_model, tmp_path_factory):
    """Runs the command on a folder of videos and a broken one."""
    folder = tmp_path_factory.mktemp("videos")
    (folder / "day").mkdir()
    for number in range(6):
        write_video(folder / f"{number}.mp4", moving_square(8 + number))
    write_video(folder / "day" / "c.mkv", moving_square(5))
    (folder / "torn.mp4").write_bytes(b"no video")
    model = tmp_path_factory.mktemp("model")
    save_model(build_rmdn(tiny_spatial_model), tiny_spatial_model, model)

    def run(output, *flags):
        outputs = {"output": "", "maps": "maps", "parameters": "tables"}
        return predict.main(
            [f"--video={folder}", f"--model={model}", *flags]
            + [f"--{name}={output / of}" for name, of in outputs.items()]
        )

    return run


@pytest.fixture(scope="module")
def predicted(predicting, tmp_path_factory):
    """What one process predicts."""
    output = tmp_path_factory.mktemp("predicted") / "out"
    assert predicting(output) == 3
    return contents(output)


def test_prediction_of_a_folder(
    engine, predicting, predicted, tmp_path, capsys
):
    output = tmp_path / "out"
    assert predicting(output, *flags_of(engine)) == 3
    assert contents(output) == predicted
    told = capsys.readouterr()
    assert told.out.startswith("7 videos, 68 frames: ")
    assert told.out.count("Unreadable video '") == 1
    assert predicting(output, *flags_of(engine)) == 3
    assert "  already there: 7\n" in capsys.readouterr().out


@pytest.fixture(scope="module")
def features(tiny_model, tmp_path_factory):
    """Computes features of a dataset, on an engine; returns their files."""
    model = build_rmdn(tiny_model)

    def compute(directory, engine_settings):
        prepare_source(
            Demo(num_videos=6), directory, FrameFormat((16, 16)), num_workers=1
        )
        frozen = FrozenFeatures(model, tiny_model, directory)
        frozen.compute(engine_settings)
        return contents(directory / "features")

    return compute


def test_cached_features(engine, features, tmp_path):
    expected = features(tmp_path / "one", None)
    found = features(tmp_path / "other", EngineSettings(**engine))
    assert found == expected
    assert sum("tfrecord" in name for name in found) > 2


def test_descriptors_and_what_they_recognize(
    engine, action_dir, action_run, tmp_path
):
    found = []
    for name, flags in (("one", ()), ("other", flags_of(engine))):
        data_dir = tmp_path / name / "data"
        data_dir.mkdir(parents=True)
        for file in pathlib.Path(action_dir).iterdir():
            if file.is_file():
                (data_dir / file.name).symlink_to(file)
        output_dir = tmp_path / name / "actions"
        recognize("demo_actions", str(data_dir), output_dir, action_run, *flags)
        scores = json.loads((output_dir / "actions.json").read_text())
        files = contents(data_dir / "descriptors")
        found.append((files, scores["results"]))
    assert found[0] == found[1]
    assert sum(name.endswith(".npz") for name in found[1][0]) > 2


@pytest.fixture(scope="module")
def scoring(tiny_model, tmp_path_factory):
    """Evaluates a model, beside all baselines, on three parts of a dataset."""
    data_dir = tmp_path_factory.mktemp("scored")
    frames = FrameFormat((24, 32))
    prepare_source(Demo(16, size=(24, 32)), data_dir, frames, num_workers=1)
    model = tmp_path_factory.mktemp("model")
    save_model(build_rmdn(tiny_model), tiny_model, model)

    def run(output, *flags):
        return evaluate.main(
            [f"--data_dir={data_dir}", "--split=train+test"]
            + [f"--model={model}", "--extra=previous_frame"]
            + ["--human_blur=0.03:0.1", f"--output_dir={output}", *flags]
        )

    return run


@pytest.fixture(scope="module")
def scored(scoring, tmp_path_factory):
    """What one process scores."""
    output = tmp_path_factory.mktemp("scores")
    assert scoring(output) == 0
    return undated(output)


def undated(directory):
    """The contents without the report, which tells its date."""
    files = contents(directory)
    del files["train+test_report.html"]
    return files


def test_evaluation(engine, scoring, scored, tmp_path):
    assert scoring(tmp_path, *flags_of(engine)) == 0
    assert undated(tmp_path) == scored


def test_hosts_of_which_one_is_killed_and_one_cut_off_midway(
    make_hosts, prepared, predicting, predicted, tmp_path
):
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    hosts = make_hosts(4)
    start = [functools.partial(hosts.start, number) for number in range(4)]
    with DaskCluster(start[0], hosts.addresses[0], worker_ttl="15s") as cluster:
        doomed = cluster.add_worker(start[1])
        cluster.add_worker(start[2])
        cluster.add_worker(start[3], has_nanny=True)
        shards = tmp_path / "shards"

        def disturb():
            """Waits until every worker has begun its second shard."""
            while len(list(shards.glob("*.tfrecord-*"))) < 4:
                time.sleep(0.01)
            hosts.cut(2)
            doomed.kill()

        disturbance = threading.Thread(target=disturb)
        disturbance.start()
        flags = [*DEMO, f"--cluster={cluster.address}"]
        assert prepare.main([*flags, f"--output_dir={shards}"]) == 0
        disturbance.join()
        assert contents(shards) == prepared
        output = tmp_path / "out"
        assert predicting(output, f"--cluster={cluster.address}") == 3
        assert contents(output) == predicted
