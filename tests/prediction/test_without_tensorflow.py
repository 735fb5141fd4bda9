"""A network in another runtime needs no TensorFlow, which takes seconds."""

import subprocess
import sys

import numpy as np
import pytest

from tests.helpers.made_videos import write_video

pytest.importorskip("ai_edge_litert", reason="needs the extra litert")

SCRIPT = """
import sys
from rmdn_tf.__main__ import main

code = main(sys.argv[1:])
slow = {"tensorflow", "keras", "tensorflow_probability"} & sys.modules.keys()
print("slow:", sorted(slow))
sys.exit(code)
"""


@pytest.mark.parametrize(
    "words",
    [
        "predict --video in.mp4 --output out.mp4 --summary out.csv "
        "--parameters out.npz --maps maps --map_size 9 16",
        "reframe --video in.mp4 --aspect 1:1 --path path.csv",
        "compress --video in.mp4 --output out.mp4",
    ],
)
def test_a_command_with_the_default_model_loads_no_tensorflow(words, tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (3, 48, 64, 3), np.uint8)
    write_video(tmp_path / "in.mp4", frames)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("slow: []\n")
