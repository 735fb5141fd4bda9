"""What each input and output of a signature is, in words.

Letters: B rows of a request, L frames, T clips, H and W height and width of
frames, h and w of maps.
"""

from typing import NamedTuple

import tensorflow as tf


class Tensor(NamedTuple):
    """An input or output.

    Attributes:
        shape: letters of its axes; an axis of fixed size may have any letter.
        meaning: values and unit.
    """

    shape: tuple[str, ...]
    meaning: str


TENSORS = {
    "frames": Tensor(
        ("B", "L", "H", "W", "3"),
        "frames of a video, red, green and blue from 0 to 255, of any size",
    ),
    "jpegs": Tensor(
        ("B", "L"), "the frames as JPEG files, all of one size in pixels"
    ),
    "map_size": Tensor(
        ("B", "2"),
        "height and width of `densities`, the same in every row; 0, 0 for no "
        "maps",
    ),
    "rows": Tensor(("B",), "any numbers: only how many there are matters"),
    "parameters": Tensor(
        ("B", "T", "C", "6"),
        "six unconstrained numbers of each component of the mixture",
    ),
    "moments": Tensor(
        ("B", "T", "C", "6"),
        "the same mixture in plain numbers: weight, mean, standard deviations "
        "and correlation of each component",
    ),
    "densities": Tensor(
        ("B", "T", "h", "w"),
        "maps: the probability of each pixel; each map sums to 1",
    ),
    "actions": Tensor(
        ("B", "T", "A"),
        "probability of each of `model.actions` from the frames so far",
    ),
    "metadata": Tensor(("B",), "`assets/metadata.json`, a JSON text"),
}

STATE_MEANING = "a part of the state"
SIGNATURES = {
    "serving_default": "Predicts whole videos, from their first frame.",
    "step": (
        "Predicts the next frames of a video. `frames` are the 15 frames "
        "before them, then the new frames. At the start of a video, its first "
        "frame stands for the 15 before it, and the state comes from "
        "`initial_state`. The server keeps nothing: send back the state that "
        "each step returns."
    ),
    "step_jpeg": "Does what `step` does, with JPEGs.",
    "initial_state": "Returns the state before a video.",
    "metadata": "Returns the metadata of the model.",
}


def describe_signature(
    function: tf.types.experimental.ConcreteFunction,
) -> dict:
    """Describes a traced signature, for JSON.

    Returns:
        `inputs` and `outputs`, each name -> `dtype`, `shape` (numbers for axes
        of fixed size, letters for others) and `meaning`.
    """
    inputs = tf.nest.flatten(function.structured_input_signature)
    return {
        "inputs": _describe({spec.name: spec for spec in inputs}),
        "outputs": _describe(function.structured_outputs),
    }


def _describe(specs: dict) -> dict:
    return {
        name: {
            "dtype": spec.dtype.name,
            "shape": _shape(spec.shape, _tensor(name, spec).shape),
            "meaning": _tensor(name, spec).meaning,
        }
        for name, spec in sorted(specs.items(), key=_place)
    }


def _place(item: tuple) -> int:
    """Orders tensors as `TENSORS`, the state last."""
    names = list(TENSORS)
    return names.index(item[0]) if item[0] in names else len(names)


def _tensor(name: str, spec) -> Tensor:
    if name in TENSORS:
        return TENSORS[name]
    # All sizes of a state are fixed, except for the rows.
    return Tensor(("B", *map(str, spec.shape[1:])), STATE_MEANING)


def _shape(shape: tf.TensorShape, letters: tuple[str, ...]) -> list[int | str]:
    sizes = [None] * len(letters) if shape.rank is None else shape.as_list()
    return [
        letter if size is None else size
        for size, letter in zip(sizes, letters, strict=True)
    ]
