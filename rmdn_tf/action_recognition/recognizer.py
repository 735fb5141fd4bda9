"""A trained recognizer: saved as plain arrays and JSON, applied to videos.

A directory with `classifier.npz`, `recognizer.json` and, where it takes part,
the trained centre, `centre.npz`. The networks are not in it: it says which they
are, with checksums, so that a descriptor always comes from the network that the
classifier was trained with.
"""

import contextlib
import dataclasses
import functools
import itertools
import os
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from rmdn_tf.action_recognition.attention_sources import WatchedVideo
from rmdn_tf.action_recognition.linear_svm import (
    LinearClassifier,
    load_classifier,
    save_classifier,
)
from rmdn_tf.action_recognition.recipes import (
    AttentionConfig,
    NetworkConfig,
    Recipe,
    make_recipe,
)
from rmdn_tf.action_recognition.recognition import USES, join_parts
from rmdn_tf.action_recognition.video_encoder import VideoEncoder
from rmdn_tf.action_recognition.weighted_clips import ATTENTION_PART
from rmdn_tf.data.dataset_info import SIZE, DatasetInfo
from rmdn_tf.data.stored_frames import shrink
from rmdn_tf.files.arrays import read_arrays, write_arrays
from rmdn_tf.files.file_systems import file_length, require_file_system
from rmdn_tf.files.json_files import dataclass_schema, read_json, with_version
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.published import remove_partial, write_json
from rmdn_tf.files.settings_file import refuse_changes
from rmdn_tf.model.config import MAX_RATE
from rmdn_tf.prediction.attention_model import read_moments, until_the_next
from rmdn_tf.training.cached_features import checksum
from rmdn_tf.video.frame_selection import FrameSelection
from rmdn_tf.video.reader import VideoReader

CLASSIFIER_FILE = "classifier.npz"
CENTRE_FILE = "centre.npz"
RECOGNIZER_FILE = "recognizer.json"
VERSION = 1


@dataclasses.dataclass(frozen=True)
class FrameForm:
    """The form of the frames that a classifier was trained on.

    Attributes:
        size: (height, width) that they are read in.
        max_size: of the longer side, where they were stored in a size of their
            own; None where that was `size`.
        frames_per_second: that all videos were brought to; 0 for their own.
    """

    size: tuple[int, int]
    max_size: int | None
    frames_per_second: float

    @classmethod
    def of(cls, info: DatasetInfo) -> "FrameForm":
        """Returns the form of a prepared dataset."""
        return cls(info.size, info.max_size, info.frames_per_second or 0.0)

    def frames_of(self, reader: VideoReader) -> Iterator[np.ndarray]:
        """Yields the frames of a video as preparing and reading give them."""
        times_wanted = FrameSelection(self.frames_per_second)
        moments = read_moments(reader, self.size, self.max_size)
        for moment in until_the_next(moments):
            if moment.begins_anew:  # No frame is repeated for hours.
                times_wanted = FrameSelection(self.frames_per_second)
            number = times_wanted(moment.time, moment.duration)
            pixels = moment.pixels
            if number and pixels.shape[:2] != self.size:
                pixels = shrink(pixels, self.size).numpy()
            yield from itertools.repeat(pixels, number)


class Recognizer:
    """Gives the scores of actions in videos.

    Args:
        classifier: the `LinearClassifier`.
        use: which parts of a descriptor it takes, of `USES`.
        network: what describes clips.
        attention: what weights them.
        frames: their form.
        centre: float32 `[C, 6]`, the trained centre, if it takes part.
    """

    def __init__(
        self,
        classifier: LinearClassifier,
        use: str,
        network: NetworkConfig,
        attention: AttentionConfig,
        frames: FrameForm,
        centre: np.ndarray | None = None,
    ):
        self.classifier = classifier
        self._use = use
        self._network = network
        self._attention = attention
        self._frames = frames
        self._centre = centre

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the actions."""
        return self.classifier.classes

    def scores(self, path: str | os.PathLike) -> np.ndarray:
        """Scores one video, float64 `[A]`; 0 is the border of a class.

        Args:
            path: of a file that FFmpeg reads.

        Raises:
            ValueError: it cannot be read.
        """
        with VideoReader(path) as reader:
            rate = self._frames.frames_per_second
            watched = WatchedVideo(
                os.fspath(path), rate or float(reader.frames_per_second)
            )
            frames = self._frames.frames_of(reader)
            described = self._encoder(frames, watched)
        return self.classifier.scores(join_parts(described, self._use)[None])[0]

    @functools.cached_property
    def _recipe(self) -> Recipe:
        return make_recipe(
            self._network, self._attention, USES[self._use], centre=self._centre
        )

    @functools.cached_property
    def _encoder(self) -> VideoEncoder:
        return self._recipe.video_encoder(USES[self._use])

    def save(self, directory: str | os.PathLike) -> None:
        """Writes it; `load_recognizer` reads it back."""
        tf.io.gfile.makedirs(os.fspath(directory))
        save_classifier(
            os.path.join(directory, CLASSIFIER_FILE), self.classifier
        )
        if self._centre is not None:
            path = os.path.join(directory, CENTRE_FILE)
            write_arrays(path, parameters=self._centre)
        # Last, and with the checksum: so the files are of one run.
        write_json(
            os.path.join(directory, RECOGNIZER_FILE),
            {
                "version": VERSION,
                "use": self._use,
                "network": dataclasses.asdict(self._network),
                "attention": dataclasses.asdict(self._attention),
                "frames": dataclasses.asdict(self._frames),
                "made_by": self._made_by(),
                "arrays": self._checksum(),
            },
        )

    def _checksum(self) -> str:
        """Of the numbers in the other files."""
        arrays = {
            "weights": self.classifier.weights,
            "bias": self.classifier.bias,
        }
        if self._centre is not None:
            arrays["centre"] = self._centre
        return checksum(arrays)

    def check(
        self, file: str | os.PathLike, made_by: Mapping, arrays: str
    ) -> None:
        """Refuses other numbers or networks than those that were saved.

        Args:
            file: that says so, for errors.
            made_by: what the descriptors depended on.
            arrays: checksum of the numbers.
        """
        if arrays != self._checksum():
            raise ValueError(
                "The files of this recognizer are of different runs. Train it "
                "again."
            )
        advice = (
            "Use the networks that the recognizer was trained with, or train "
            "it again."
        )
        refuse_changes(file, made_by, self._made_by(), advice=advice)

    def _made_by(self) -> dict:
        """What descriptors depend on, part by part, for JSON."""
        return {part: self._recipe.about(part) for part in USES[self._use]}


SCHEMA = with_version(
    "version",
    VERSION,
    {
        "properties": {
            "use": {"enum": [*USES]},
            "network": dataclass_schema(
                NetworkConfig,
                clip_stride={"type": "integer", "minimum": 1},
                seed={"type": "integer", "minimum": 0},
            ),
            "attention": dataclass_schema(
                AttentionConfig,
                tcb_share={"type": "number", "minimum": 0, "maximum": 1},
            ),
            "frames": dataclass_schema(
                FrameForm,
                size=SIZE,
                max_size={"type": ["integer", "null"], "minimum": 1},
                frames_per_second={
                    "type": "number",
                    "minimum": 0,
                    "maximum": MAX_RATE,
                },
            ),
            "made_by": {"type": "object"},
            "arrays": {"type": "string"},
        },
        "required": [
            "use",
            "network",
            "attention",
            "frames",
            "made_by",
            "arrays",
        ],
    },
)
"""Schema of `RECOGNIZER_FILE`."""


def load_recognizer(
    directory: str | os.PathLike, moved: Mapping[str, str] | None = None
) -> Recognizer:
    """Reads a recognizer, and makes sure that its networks are the same.

    Args:
        directory: where it was saved.
        moved: where files lie now, if not where they were: "network",
            "c3d_weights" or "model", that of the attention.

    Raises:
        FileNotFoundError: the recognizer or one of its networks is missing.
        OSError: a file cannot be read.
        ValueError: the recognizer is damaged or of another release, or a
            network changed.
    """
    file = os.path.join(directory, RECOGNIZER_FILE)
    if file_length(file) is None:
        raise FileNotFoundError(
            f"No recognizer in '{directory}': '{RECOGNIZER_FILE}' is missing."
        )
    saved = read_json(file, SCHEMA)
    attention = AttentionConfig(**_with(moved, saved["attention"]))
    recognizer = Recognizer(
        load_classifier(os.path.join(directory, CLASSIFIER_FILE)),
        saved["use"],
        NetworkConfig(**_with(moved, saved["network"])),
        attention,
        FrameForm.of(saved["frames"]),
        _read_centre(directory, attention, saved["use"]),
    )
    recognizer.check(file, saved["made_by"], saved["arrays"])
    return recognizer


def _read_centre(
    directory: str | os.PathLike, attention: AttentionConfig, use: str
) -> np.ndarray | None:
    """Reads the trained centre, if it takes part."""
    if not attention.needs_centre or ATTENTION_PART not in USES[use]:
        return None
    path = os.path.join(directory, CENTRE_FILE)
    parameters = read_arrays(path).get("parameters")
    if parameters is None or parameters.ndim != 2 or parameters.shape[1] != 6:
        raise ValueError(
            f"Invalid '{path}'. Expected `parameters` [C, 6]. Received: "
            f"{None if parameters is None else parameters.shape}."
        )
    return parameters


@contextlib.contextmanager
def claimed_output(directory: str | os.PathLike) -> Iterator[None]:
    """Keeps a directory for one run; a context.

    Makes the directory, and removes the recognizer of an earlier run: a killed
    run must not leave new scores beside an old recognizer.

    Raises:
        InUseError: another process writes there.
        OSError: the directory cannot be written.
    """
    directory = os.fspath(directory)
    require_file_system(directory)
    with one_at_a_time(directory, "training a recognizer"):
        tf.io.gfile.makedirs(directory)
        remove_partial(directory)
        file = os.path.join(directory, RECOGNIZER_FILE)
        if file_length(file) is not None:
            tf.io.gfile.remove(file)
        yield


def _with(moved: Mapping[str, str] | None, saved: dict) -> dict:
    return saved | {k: v for k, v in (moved or {}).items() if k in saved}
