"""What a type checker, and so an editor, knows in a user's own code."""

import pathlib
import re

import pytest

api = pytest.importorskip("mypy.api")

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]

CODE = """
import numpy as np

import rmdn_tf
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.metrics import exact
from rmdn_tf.serving.client import Client
from tfrecords_tools.sources.folder import Folder

model = rmdn_tf.load()
reveal_type(model)
for frame, density in model.stream("video.mp4"):
    reveal_type(frame)
    reveal_type(density)
    reveal_type(density.saliency_map(*frame.shape[:2]))
    reveal_type(density.sample(3, seed=0))
    reveal_type(density.mass(rmdn_tf.rectangle(0, 0, 0.5, 1)))
    reveal_type(density.peaks()[0].share)
reveal_type(model.predict_picture("picture.jpg"))
prediction = model.predict_video("video.mp4")
reveal_type(prediction)
reveal_type(prediction.entropy())
with Client("grpc://localhost:8500") as client:
    reveal_type(client.stream([]))
maps, counts = np.ones((1, 2, 2)), np.ones((1, 2, 2), int)
reveal_type(exact.nss(maps, counts))
scores = SplitEvaluation("data", "test").run()
reveal_type(scores)
reveal_type(scores.mean("model", "nss"))
source = Folder("videos")
reveal_type(source.open(source.entries()[0]))
"""

ARRAY = "numpy.ndarray"

# The parameters of an array, which differ between versions of NumPy.
_PARAMETERS = re.compile(
    r"(?<=ndarray)\[(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\]"
)

EXPECTED = [
    "rmdn_tf.prediction.attention_model.AttentionModel",
    ARRAY,
    "rmdn_tf.prediction.density.Density",
    ARRAY,
    ARRAY,
    "float",
    "float",
    "rmdn_tf.prediction.density.Density",
    "rmdn_tf.prediction.whole_video.Prediction",
    ARRAY,
    "typing.Iterator[tuple[numpy.ndarray, rmdn_tf.prediction.density.Density]]",
    ARRAY,
    "rmdn_tf.evaluation.scores.Scores",
    "float",
    "tfrecords_tools.raw_video.RawVideo",
]


def test_a_checker_knows_the_type_of_every_result(tmp_path, monkeypatch):
    file = tmp_path / "user.py"
    file.write_text(CODE)
    monkeypatch.chdir(ROOT)
    said, errors, _ = api.run([str(file), f"--cache-dir={tmp_path}"])
    types = re.findall(r'Revealed type is "(.*)"', _PARAMETERS.sub("", said))
    assert not errors
    assert types == EXPECTED
