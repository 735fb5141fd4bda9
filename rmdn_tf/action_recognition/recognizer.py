"""A trained recognizer: saved as plain arrays and JSON, applied to videos.

Its directory has `classifier.npz`, `recognizer.json` and, if the attention
needs it, the trained centre bias, `centre.npz`. Instead of the networks it
stores their names and checksums: loading accepts no other networks.
"""

import contextlib
import dataclasses
import functools
import itertools
import os
from collections.abc import Callable, Iterator, Mapping

import av
import numpy as np
import tensorflow as tf

from rmdn_tf.action_recognition.attention_sources import WatchedVideo
from rmdn_tf.action_recognition.choices import ATTENTION_PART, USES
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
from rmdn_tf.action_recognition.recognition import join_parts
from rmdn_tf.action_recognition.video_encoder import VideoEncoder
from rmdn_tf.data.dataset_info import SIZE, DatasetInfo
from rmdn_tf.files.arrays import read_arrays, write_arrays
from rmdn_tf.files.file_systems import (
    file_length,
    make_directory,
    remove_file,
    require_file_system,
)
from rmdn_tf.files.json_files import dataclass_schema, read_json, with_version
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.published import remove_partial, write_json
from rmdn_tf.files.settings_file import refuse_changes
from rmdn_tf.model.config import MAX_RATE
from rmdn_tf.prediction.density_stream import read_moments, until_the_next
from rmdn_tf.training.cached_features import checksum
from rmdn_tf.video.decoding import FrameScaler, size_within
from rmdn_tf.video.frame_selection import FrameSelection
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.resizing import resize_pixels

CLASSIFIER_FILE = "classifier.npz"
CENTRE_FILE = "centre.npz"
RECOGNIZER_FILE = "recognizer.json"
VERSION = 1
_KEYS = ["use", "network", "attention", "frames", "made_by", "arrays"]


@dataclasses.dataclass(frozen=True)
class FrameForm:
    """Size and rate of the frames that a classifier was trained on.

    Attributes:
        size: (height, width) of the frames as read.
        max_size: longer side of the frames as stored; None if stored in `size`.
        frames_per_second: rate of all videos; 0 if each keeps its own rate.
    """

    size: tuple[int, int]
    max_size: int | None
    frames_per_second: float

    @classmethod
    def of(cls, info: DatasetInfo) -> "FrameForm":
        return cls(info.size, info.max_size, info.frames_per_second or 0.0)

    def frames_of(self, reader: VideoReader) -> Iterator[np.ndarray]:
        """Yields the frames of a video in the form of a prepared dataset."""
        times_wanted = FrameSelection(self.frames_per_second)
        moments = read_moments(reader, self._scaler())
        for moment in until_the_next(moments):
            if moment.begins_anew:  # Or a frame might be repeated for hours.
                times_wanted = FrameSelection(self.frames_per_second)
            number = times_wanted(moment.time, moment.duration)
            pixels = moment.pixels
            if number and pixels.shape[:2] != self.size:
                pixels = resize_pixels(tf.constant(pixels[None]), self.size)
                pixels = pixels[0].numpy()
            yield from itertools.repeat(pixels, number)

    def _scaler(self) -> Callable[[av.VideoFrame], np.ndarray]:
        """Returns a function that resizes a frame as a dataset stores it."""
        scaler_of = functools.cache(FrameScaler)

        def stored(frame):
            size = self.size
            if self.max_size is not None:
                size = size_within(self.max_size, (frame.height, frame.width))
            return scaler_of(size)(frame)

        return stored


@dataclasses.dataclass(frozen=True, eq=False)
class Recognizer:
    """Scores the actions of videos.

    Attributes:
        classifier: linear classifier; its `classes` name the A actions.
        use: which parts of the descriptor count, one of `USES` of
            `rmdn_tf.action_recognition.choices`.
        network: settings of the network that encodes clips.
        attention: settings of the attention that weights them.
        frames: form of the frames that the classifier was trained on.
        centre: float32 `[C, 6]`, the trained centre bias; None if not needed.
    """

    classifier: LinearClassifier
    use: str
    network: NetworkConfig
    attention: AttentionConfig
    frames: FrameForm
    centre: np.ndarray | None = None

    def scores(self, path: str | os.PathLike) -> np.ndarray:
        """Scores one video.

        Args:
            path: a video file.

        Returns:
            float64 `[A]`, a score for each action; 0 is the border of a class.

        Raises:
            ValueError: the video cannot be read.
        """
        with VideoReader(path) as reader:
            rate = self.frames.frames_per_second
            video = WatchedVideo(
                os.fspath(path), rate or float(reader.frames_per_second)
            )
            parts = self._encode(self.frames.frames_of(reader), video)
        return self.classifier.scores(join_parts(parts, self.use)[None])[0]

    @functools.cached_property
    def _recipe(self) -> Recipe:
        return make_recipe(
            self.network, self.attention, USES[self.use], centre=self.centre
        )

    @functools.cached_property
    def _encode(self) -> VideoEncoder:
        return self._recipe.video_encoder(USES[self.use])

    def save(self, directory: str | os.PathLike, made_by: Mapping) -> None:
        """Writes the recognizer.

        Args:
            directory: made if missing.
            made_by: result of `made_by`; another call would load the networks a
                second time.

        Raises:
            OSError: a file cannot be written.
        """
        make_directory(directory)
        save_classifier(
            os.path.join(directory, CLASSIFIER_FILE), self.classifier
        )
        if self.centre is not None:
            path = os.path.join(directory, CENTRE_FILE)
            write_arrays(path, parameters=self.centre)
        # Written last: its checksum detects files of different runs.
        write_json(
            os.path.join(directory, RECOGNIZER_FILE),
            {
                "version": VERSION,
                "use": self.use,
                "network": dataclasses.asdict(self.network),
                "attention": dataclasses.asdict(self.attention),
                "frames": dataclasses.asdict(self.frames),
                "made_by": made_by,
                "arrays": self._checksum(),
            },
        )

    def _checksum(self) -> str:
        arrays = {
            "weights": self.classifier.weights,
            "bias": self.classifier.bias,
        }
        if self.centre is not None:
            arrays["centre"] = self.centre
        return checksum(arrays)

    def check(
        self, file: str | os.PathLike, made_by: Mapping, arrays: str
    ) -> None:
        """Refuses numbers or networks that differ from the saved ones.

        Args:
            file: path of `RECOGNIZER_FILE`, for errors.
            made_by: saved result of `made_by`.
            arrays: saved checksum of the numbers.
        """
        if arrays != self._checksum():
            raise ValueError(
                "The files of this recognizer come from different runs. Train "
                "it again."
            )
        advice = (
            "Use the networks that the recognizer was trained with, or train "
            "it again."
        )
        refuse_changes(file, made_by, self.made_by(), advice=advice)

    def made_by(self) -> dict:
        """Returns settings and checksums that determine each part."""
        return {part: self._recipe.about(part) for part in USES[self.use]}


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
        "required": _KEYS,
    },
)


def load_recognizer(
    directory: str | os.PathLike, moved: Mapping[str, str] | None = None
) -> Recognizer:
    """Reads a recognizer, and makes sure that its networks are unchanged.

    Args:
        directory: where a training wrote the recognizer.
        moved: new paths of moved files: "network", "c3d_weights" or "model"
            (the attention model) -> path.

    Returns:
        The recognizer, ready for any number of videos.

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
    frames = saved["frames"]
    attention = AttentionConfig(**_with(moved, saved["attention"]))
    recognizer = Recognizer(
        load_classifier(os.path.join(directory, CLASSIFIER_FILE)),
        saved["use"],
        NetworkConfig(**_with(moved, saved["network"])),
        attention,
        FrameForm(**frames | {"size": tuple(frames["size"])}),
        _read_centre(directory, attention, saved["use"]),
    )
    recognizer.check(file, saved["made_by"], saved["arrays"])
    return recognizer


def _read_centre(
    directory: str | os.PathLike, attention: AttentionConfig, use: str
) -> np.ndarray | None:
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
    """Locks the output directory of a run; a context.

    Makes the directory, and removes an earlier recognizer: a killed run must
    not leave new scores beside it.
    """
    directory = os.fspath(directory)
    require_file_system(directory)
    with one_at_a_time(directory, "training a recognizer"):
        make_directory(directory)
        remove_partial(directory)
        file = os.path.join(directory, RECOGNIZER_FILE)
        if file_length(file) is not None:
            remove_file(file)
        yield


def _with(moved: Mapping[str, str] | None, saved: dict) -> dict:
    return saved | {k: v for k, v in (moved or {}).items() if k in saved}
