"""Writes a model of Triton: the network in ONNX, and how to serve it.

    MODEL_REPOSITORY/NAME/
        config.pbtxt     inputs, outputs, and the state that the server keeps
        1/model.onnx
        README.md        how to call it

The server keeps the state of each video, its "implicit state": a client sends
only frames.
"""

import json
import pathlib
from collections.abc import Sequence

import jinja2
import onnx

from rmdn_tf.model.moments import COMPONENT
from rmdn_tf.runtimes import to_onnx
from rmdn_tf.runtimes.description import KEY
from rmdn_tf.runtimes.formats import FRAMES, IN, OUT
from rmdn_tf.runtimes.source import Source

MODEL = "1/model.onnx"
TEMPLATES = {
    "config.pbtxt": "triton_config.pbtxt.j2",
    "README.md": "triton_readme.md.j2",
}

# Videos that an instance keeps; more wait. One that sends nothing for so long
# is forgotten.
MAX_VIDEOS, MAX_IDLE_SECONDS = 64, 60

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


def write(source: Source, directory: str) -> None:
    """Writes the directory NAME of a model repository.

    Raises:
        ValueError: the network has an operation that ONNX lacks.
    """
    path = pathlib.Path(directory)
    (path / MODEL).parent.mkdir()
    to_onnx.write(source, str(path / MODEL))
    described = source.description
    values = {
        "name": path.name,
        "described": described,
        "config": described.config,
        "components": [number.parameter for number in COMPONENT],
        "max_videos": MAX_VIDEOS,
        "max_idle_seconds": MAX_IDLE_SECONDS,
        **_tensors(onnx.load(path / MODEL).graph),
        "suffixes": (IN, OUT),
        # A string of JSON is one of Triton's text format, too.
        "facts": (KEY, json.dumps(described.to_json())),
    }
    for file, template in TEMPLATES.items():
        text = _TEMPLATES.get_template(template).render(values)
        (path / file).write_text(text)


def _tensors(graph: onnx.GraphProto) -> dict[str, dict[str, list[int]]]:
    """Returns the shapes that clients see; -1 stands for any length."""
    outputs = _shapes(graph.output)
    return {
        "inputs": {FRAMES: _shapes(graph.input)[FRAMES]},
        "outputs": {n: s for n, s in outputs.items() if not n.endswith(OUT)},
    }


def _shapes(values: Sequence[onnx.ValueInfoProto]) -> dict[str, list[int]]:
    return {
        one.name: [
            length.dim_value or -1 for length in one.type.tensor_type.shape.dim
        ]
        for one in values
    }
