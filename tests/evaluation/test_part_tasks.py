"""Every engine scores the same, to the last byte, in any order of the parts."""

import functools
import json
import pickle
import random

import numpy as np
import pytest

from rmdn_tf import evaluate
from rmdn_tf.data.prepared_dataset import load_dataset_info
from rmdn_tf.data.split_parts import parts_of
from rmdn_tf.engines.processes import in_this_process
from rmdn_tf.evaluation import split_evaluation
from rmdn_tf.evaluation.protocols import PROTOCOLS, msu
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.reports import split_report
from rmdn_tf.runs import shared_model
from tests.helpers.quick_choices import choose_quickly
from tests.helpers.written_maps import write_array
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

pytestmark = pytest.mark.slow

SPLIT = "train+test"
SIZE = "12x16"

FLAGS = {
    "everything": ("--extra", "previous_frame", "--optimal_maps"),
    "two passes": ("--protocol=msu", f"--size={SIZE}"),
    "random frames": ("--protocol=dhf1k", f"--size={SIZE}"),
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    choose_quickly(monkeypatch)
    monkeypatch.setattr(split_report, "write_report", lambda *_, **__: None)
    monkeypatch.setattr(PROTOCOLS["dhf1k"], "max_frames", 100)
    monkeypatch.setattr(msu, "FRAME", (18, 32))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """14 videos that are scored, in several parts; 2 to choose on."""
    directory = tmp_path_factory.mktemp("videos")
    prepare(Demo(16, size=(24, 32)), directory, FrameFormat((24, 32)))
    info = load_dataset_info(directory)
    assert [len(part) for part in parts_of(info, SPLIT)] == [6, 6, 2]
    return directory


@pytest.fixture(scope="module")
def flags(data_dir, tiny_model, tmp_path_factory):
    """A model, and maps of which some are missing or black."""
    model = tmp_path_factory.mktemp("model")
    save_model(build_rmdn(tiny_model), tiny_model, model)
    maps = tmp_path_factory.mktemp("maps")
    info = load_dataset_info(data_dir)
    generator = np.random.default_rng(0)
    for part in parts_of(info, SPLIT):
        for place in part:
            # The last frames have no map.
            array = generator.random((place.num_frames - 3, 6, 8))
            array[place.num_frames // 2] = 0
            write_array(maps / f"{place.video_id}.npy", array)
    return (
        f"--data_dir={data_dir}",
        f"--split={SPLIT}",
        f"--model={model}",
        f"--maps=peer={maps}",
        "--nocheck_maps",
    )


def contents(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def written(flags, tmp_path, monkeypatch):
    """Evaluates with an engine; returns the files."""

    def write(name, run, *more):
        directory = tmp_path / name
        made = functools.partial(SplitEvaluation, run=run)
        with monkeypatch.context() as patch:
            patch.setattr(
                split_evaluation,
                "SplitEvaluation",
                lambda data_dir, split, settings, _: made(
                    data_dir, split, settings
                ),
            )
            code = evaluate.main([*flags, *more, f"--output_dir={directory}"])
        assert code == 0
        return contents(directory)

    return write


def shuffled(function, items, name=str):
    """Does the tasks as other processes do, in another order."""
    shared_model._models.cache_clear()
    items = list(items)
    for item in random.Random(1).sample(items, len(items)):
        sent, of = pickle.loads(pickle.dumps((function, item)))
        assert len(pickle.dumps(sent)) < 3_000_000
        yield json.loads(json.dumps(sent(of)))


@pytest.mark.parametrize("kind", FLAGS)
def test_parts_in_another_order_score_the_same(written, kind):
    one = written("one", in_this_process, *FLAGS[kind])
    other = written("other", shuffled, *FLAGS[kind])
    assert other == one
    document = json.loads(one[f"{SPLIT}_scores.json"])
    assert "+TCB" in str(document["compared"])
    missing = document["peer_frames_without_prediction"]
    is_sample = kind == "random frames"
    assert 0 < missing < 4 * 14 if is_sample else missing == 4 * 14
    pictures = [name for name in one if name.startswith(f"{SPLIT}_pictures/")]
    assert len(pictures) == 14
    assert len(one) == 14 + 3


def test_two_processes_score_the_same(written, flags, tmp_path):
    one = written("one", in_this_process)
    more = ["--workers=2", f"--output_dir={tmp_path / 'two'}"]
    assert evaluate.main([*flags, *more]) == 0
    assert contents(tmp_path / "two") == one


def test_an_evaluation_that_fails_midway_leaves_no_picture(written, tmp_path):
    def failing(*arguments):
        yield next(in_this_process(*arguments))
        raise OSError("No worker.")

    with pytest.raises(AssertionError):
        written("one", failing)
    assert not contents(tmp_path / "one")
