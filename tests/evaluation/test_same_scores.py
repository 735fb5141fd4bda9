"""The same model on the same machine scores the same, to the last bit."""

import os
import subprocess
import sys

import pytest

from tfrecords_tools.prepare import prepare
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.sources.demo import Demo

SIZE = (112, 112)
"""A BLAS sums more than 10,000 products in several threads."""

EVALUATE = """
import sys
import numpy as np
from rmdn_tf.evaluation import predictors
from rmdn_tf import evaluate
for num_components in {before}:
    map = predictors.Static(np.zeros([num_components, 6], np.float32))
    map.log_maps(None, {size})
sys.exit(evaluate.main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("larger")
    prepare(Demo(3, size=SIZE), directory, FrameFormat(SIZE), num_workers=1)
    return directory


def scores_of_a_process(
    model, data_dir, output_dir, before, **environment
) -> bytes:
    """Evaluates a model in a process of its own."""
    program = EVALUATE.format(before=before, size=SIZE)
    arguments = ["--data_dir", data_dir, "--output_dir", output_dir]
    subprocess.run(
        [sys.executable, "-c", program, *arguments, "--model", model],
        env=os.environ | environment,
        check=True,
        capture_output=True,
    )
    return (output_dir / "test_scores.json").read_bytes()


def test_every_process_writes_the_same_scores(
    exported_strided, data_dir, tmp_path
):
    """With other threads and hashes, and after other maps were evaluated."""
    one, other = (
        scores_of_a_process(
            exported_strided.version,
            data_dir,
            tmp_path / f"{seed}",
            before,
            **limits,
        )
        for seed, before, limits in (
            (1, [], {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "2"}),
            (
                2,
                [1, 2, 7],
                {
                    "PYTHONHASHSEED": "2",
                    "OMP_NUM_THREADS": "1",
                    "TF_NUM_INTRAOP_THREADS": "1",
                },
            ),
        )
    )
    assert one == other
