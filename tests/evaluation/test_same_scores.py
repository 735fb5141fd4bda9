"""The same model on the same machine scores the same, to the last bit."""

import os
import subprocess
import sys

import numpy as np
import pytest

from rmdn_tf import evaluate
from rmdn_tf.evaluation import predictors
from rmdn_tf.evaluation.protocols import PROTOCOLS
from rmdn_tf.reports import split_report
from tests.helpers.quick_choices import choose_quickly
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

pytestmark = pytest.mark.slow

SIZE = (112, 112)
"""A BLAS sums more than 10,000 products in several threads."""

EVALUATE = """
import sys
import pytest
from tests.evaluation import test_same_scores
with pytest.MonkeyPatch.context() as monkeypatch:
    test_same_scores.evaluate_after(monkeypatch, [1, 2, 7], *sys.argv[1:])
"""


def evaluate_after(monkeypatch, nums_components, model, data_dir, output_dir):
    """Evaluates a model, after maps of other numbers of components."""
    choose_quickly(monkeypatch)
    monkeypatch.setattr(split_report, "write_report", lambda *_, **__: None)
    monkeypatch.setattr(PROTOCOLS["exact"], "max_frames", 30)
    for num_components in nums_components:
        parameters = np.zeros([num_components, 6], np.float32)
        predictors.Static(parameters).log_maps(None, SIZE)
    flags = {
        "--data_dir": data_dir,
        "--model": model,
        "--output_dir": output_dir,
    }
    pairs = [str(word) for pair in flags.items() for word in pair]
    assert evaluate.main(pairs) == 0


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("larger")
    prepare(Demo(3, size=SIZE), directory, FrameFormat(SIZE), num_workers=1)
    return directory


def test_every_process_writes_the_same_scores(
    saved_model, data_dir, tmp_path, monkeypatch
):
    """With other threads and hashes, and after other maps were evaluated."""
    evaluate_after(monkeypatch, [], saved_model, data_dir, tmp_path / "one")
    subprocess.run(
        [sys.executable, "-c", EVALUATE]
        + [saved_model, data_dir, tmp_path / "other"],
        env=os.environ
        | {
            "PYTHONHASHSEED": "2",
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
        },
        check=True,
        capture_output=True,
    )
    one, other = (
        (tmp_path / name / "test_scores.json").read_bytes()
        for name in ("one", "other")
    )
    assert one == other
