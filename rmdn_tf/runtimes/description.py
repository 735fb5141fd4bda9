"""What a portable file says of its network, as JSON inside the file."""

import dataclasses
import json
import math

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.files.json_files import parse_json
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.config_json import (
    CONFIG_SCHEMA,
    config_from_json,
    config_to_json,
)
from rmdn_tf.runtimes.formats import FRAMES, IN, PRECISIONS

# Name of the text in the metadata of every format.
KEY = "rmdn_tf"

# Limits for a text, in characters or bytes, and for the numbers of a state.
MAX_TEXT, MAX_STATE = 2**22, 2**26

_SCHEMA = {
    "type": "object",
    "properties": {
        "model": CONFIG_SCHEMA,
        "context": {"type": "integer", "minimum": 0, "maximum": CONTEXT},
        "num_clips": {"type": ["integer", "null"], "minimum": 1},
        "precision": {"enum": list(PRECISIONS)},
        "state": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1},
            },
        },
    },
    "required": ["model", "context", "num_clips", "precision", "state"],
}


@dataclasses.dataclass(frozen=True)
class Description:
    """What a stream needs to know of a network, and facts for people.

    Attributes:
        config: settings of the network.
        context: frames that a clip uses before its last one.
        num_clips: clips that run at once; None for any number.
        precision: of `PRECISIONS`.
        state: name -> shape of each part of the state, without the batch.
        facts: what else is known, see `rmdn_tf.runs.network_facts`.
    """

    config: ModelConfig
    context: int
    num_clips: int | None
    precision: str
    state: dict[str, tuple[int, ...]]
    facts: dict = dataclasses.field(default_factory=dict)

    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Returns the shapes of the network's inputs, by name.

        None stands for any number of frames.
        """
        num_frames = None
        if self.num_clips is not None:
            span = (self.num_clips - 1) * self.config.clip_stride
            num_frames = self.context + span + 1
        return {
            FRAMES: (1, num_frames, *self.config.input_size, 3),
            **{name + IN: (1, *one) for name, one in self.state.items()},
        }

    def to_json(self) -> str:
        """Returns the text for a file."""
        own = {
            "model": config_to_json(self.config),
            "state": {name: list(one) for name, one in self.state.items()},
            "context": self.context,
            "num_clips": self.num_clips,
            "precision": self.precision,
        }
        return json.dumps({**self.facts, **own})


def read_description(text: str | bytes, source: str) -> Description:
    """Reads the text of a portable file.

    Args:
        text: the result of `Description.to_json`.
        source: the file, for errors.

    Returns:
        The description.

    Raises:
        ValueError: the text is invalid; names the file.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(
            f"Invalid description of '{source}'. Expected at most {MAX_TEXT} "
            f"characters. Received: {len(text)}."
        )
    facts = parse_json(text, _SCHEMA, f"description of '{source}'")
    numbers = sum(map(math.prod, facts["state"].values()))
    if numbers > MAX_STATE:
        raise ValueError(
            f"Invalid description of '{source}'. Expected a state of at most "
            f"{MAX_STATE} numbers. Received: {numbers}."
        )
    try:
        config = config_from_json(facts["model"])
    except ValueError as error:
        raise ValueError(
            f"Invalid description of '{source}'. {error}"
        ) from error
    return Description(
        config,
        facts["context"],
        facts["num_clips"],
        facts["precision"],
        {name: tuple(shape) for name, shape in facts["state"].items()},
        facts,
    )
