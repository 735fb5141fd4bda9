"""Settings of the network, one class for each kind."""

import dataclasses
from collections.abc import Iterator

from rmdn_tf.commands.settings import setting
from rmdn_tf.data.dataset_info import MAX_SIDE
from rmdn_tf.data.windows import CLIP_STRIDES, CONTEXT
from rmdn_tf.encoders.c3d_constants import (
    CELL_FEATURES,
    FEATURES,
    PAPER_FILTERS,
)
from rmdn_tf.encoders.cue_names import FACE_CUES, motion_cue_names

# Limit for filters, units, components and actions.
MAX_WIDTH = 2**16

# Each block of C3D halves the frame.
MAX_BLOCKS = 8

# Frames per second.
MAX_RATE = 1000.0

# Kinds of recurrence of a dense head (the paper's LSTM and two ablations), and
# of a spatial head.
DENSE_RECURRENCES = ("lstm", "rnn", "none")
SPATIAL_RECURRENCES = ("gru", "leaky", "none")

# Forms of the convolutions of a spatial head.
CONTEXTS = ("plain", "residual")

# Keras' policies for preprocessing and encoder. float16 needs a GPU: TensorFlow
# has no 3D pooling in float16 on a CPU.
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")

RECURRENT_HELP = (
    "Kind of recurrence: lstm, rnn or none with --head=dense; gru, leaky or "
    "none with --head=spatial."
)

# (name of a setting, what is expected of it, whether it is valid).
Check = tuple[str, str, bool]


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Settings that every kind of network has.

    Defaults follow the paper. It does not state the input size (112x112 is
    C3D's) or the number of LSTM units.

    Attributes:
        calibrated_components: components that `rmdn calibrate` adds, for the
            centre bias of a dataset; 0 for a network that is not calibrated.
    """

    encoder: str = setting(
        "c3d",
        "Network that describes a clip: c3d, or one that describes its last "
        "frame, efficientnet_lite0 or keras/NAME.",
    )
    input_size: tuple[int, int] = setting(
        (112, 112), "Height and width that frames are resized to."
    )
    filters: tuple[tuple[int, ...], ...] = setting(
        PAPER_FILTERS, "Filters of C3D's convolutions, block by block."
    )
    features: str = setting(
        "conv5b",
        f"Layer of C3D that describes a clip ({', '.join(FEATURES)}), or names "
        "of maps of a frame encoder, joined by +.",
    )
    dense_units: int = setting(4096, "Outputs of C3D's fc6 and fc7.")
    motion_lags: tuple[int, ...] = setting(
        (),
        "Lags of the motion features of a frame encoder: each compares a frame "
        "with the one that many frames before.",
    )
    faces: bool = setting(
        False, "Features of a frame encoder that tell where faces are."
    )
    camera: bool = setting(
        False,
        "Motion features are relative to the camera, and one more feature "
        "tells cuts.",
    )
    onset_lag: int = setting(
        0,
        "Features of what has appeared within this many frames; 0 leaves "
        "these features out.",
    )
    projection: int = setting(
        0, "Principal components of a cell's features; 0 keeps all features."
    )
    head: str = setting(
        "dense",
        "What follows the features: dense flattens them (the paper), spatial "
        "gives every cell a component.",
    )
    units: int = setting(
        128, "Units of the recurrence; with --head=spatial, of each cell."
    )
    dropout: float = setting(
        0.5, "Share of the recurrence's output that training drops."
    )
    clip_stride: int = setting(1, "Frames from one clip to the next.")
    frames_per_second: float = setting(
        0.0, "Frame rate that the network is made for; 0 for any."
    )
    calibrated_components: int = 0  # No flag: `rmdn calibrate` sets it.

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of the actions that the network recognizes; may be empty."""
        return ()

    @property
    def multi_label(self) -> bool:
        """Whether a video may have several of the actions."""
        return False

    def __post_init__(self) -> None:
        for name, expected, valid in self._checks():
            if not valid:
                raise ValueError(
                    f"Invalid `{name}`. Expected {expected}. "
                    f"Received: {name}={getattr(self, name)}."
                )

    @property
    def in_cells(self) -> bool:
        """Whether features keep their places in the frame."""
        return self.projection > 0

    @property
    def num_plain(self) -> int:
        """Number of a cell's cues: those of faces, then those of motion."""
        num_faces = len(FACE_CUES) if self.faces else 0
        return num_faces + len(
            motion_cue_names(self.motion_lags, self.camera, self.onset_lag)
        )

    @property
    def unused(self) -> frozenset[str]:
        """Names of settings that do not matter with the other settings."""
        # Earlier releases read a network that is not calibrated.
        new = "calibrated_components"
        none = set() if self.calibrated_components else {new}
        if self.encoder != "c3d":
            return frozenset({"filters", "dense_units", *none})
        cues = {"motion_lags", "camera", "onset_lag", "faces"}
        if self.features in CELL_FEATURES:
            return frozenset({"dense_units", *cues, *none})
        return frozenset({"projection", *cues, *none})

    def _checks(self) -> Iterator[Check]:
        yield (
            "input_size",
            f"two integers from 1 to {MAX_SIDE}",
            len(self.input_size) == 2
            and all(1 <= side <= MAX_SIDE for side in self.input_size),
        )
        yield (
            "filters",
            f"1 to {MAX_BLOCKS} blocks of one or two integers from 1 to "
            f"{MAX_WIDTH}",
            1 <= len(self.filters) <= MAX_BLOCKS
            and all(
                len(block) in (1, 2)
                and all(1 <= number <= MAX_WIDTH for number in block)
                for block in self.filters
            ),
        )
        yield self._one_of("clip_stride", CLIP_STRIDES)
        yield self._range("dense_units")
        yield self._range("units")
        yield self._range("projection", 0)
        yield self._range("calibrated_components", 0)
        yield self._range("frames_per_second", 0, MAX_RATE)
        yield self._share("dropout")
        yield from self._checks_of_encoder()

    def _one_of(self, name: str, values: tuple, when: str = "") -> Check:
        return name, f"one of {values}{when}", getattr(self, name) in values

    def _range(self, name: str, least=1, most=MAX_WIDTH) -> Check:
        valid = least <= getattr(self, name) <= most
        return name, f"{least} to {most}", valid

    def _share(self, name: str) -> Check:
        return name, "a share in [0, 1)", 0 <= getattr(self, name) < 1

    def _checks_of_encoder(self) -> Iterator[Check]:
        yield (
            "motion_lags",
            f"numbers of frames from 1 to {CONTEXT}, each once",
            all(1 <= lag <= CONTEXT for lag in self.motion_lags)
            and len(set(self.motion_lags)) == len(self.motion_lags),
        )
        yield (
            "camera",
            "motion_lags that begin with 1, the frame before, to tell cuts",
            not self.camera or self.motion_lags[:1] == (1,),
        )
        yield (
            "onset_lag",
            f"0 to {CONTEXT}, and above 0 only with camera=True",
            0 <= self.onset_lag <= (CONTEXT if self.camera else 0),
        )
        if self.encoder != "c3d":
            yield (
                "projection",
                "a positive integer with this encoder",
                self.projection > 0,
            )
            return
        yield self._one_of("features", FEATURES)
        yield "faces", "False with encoder='c3d'", not self.faces
        yield (
            "motion_lags",
            "no lags with encoder='c3d', which sees motion",
            not self.motion_lags,
        )
        yield (
            "projection",
            f"0 with features='{self.features}', which have no place",
            self.features in CELL_FEATURES or self.projection == 0,
        )


@dataclasses.dataclass(frozen=True)
class DenseConfig(ModelConfig):
    """The paper's network: features, an LSTM and one mixture for the frame."""

    recurrent: str = setting("lstm", RECURRENT_HELP)
    num_components: int = setting(20, "Components of the mixture.")

    def _checks(self):
        yield "head", "'dense' or 'spatial'", self.head == "dense"
        yield from super()._checks()
        yield self._one_of("recurrent", DENSE_RECURRENCES, " with head='dense'")
        yield self._range("num_components")


@dataclasses.dataclass(frozen=True)
class SpatialConfig(ModelConfig):
    """The spatial network: a component of the mixture in each cell."""

    head: str = setting("spatial", "See `ModelConfig`.")
    recurrent: str = setting("gru", RECURRENT_HELP)
    context: str = setting(
        "plain",
        "Form of the convolutions before the recurrence: plain, of 3x3 cells; "
        "residual, of 7x7 cells.",
        CONTEXTS,
    )
    context_units: int = setting(
        24, "Outputs of the convolutions before the recurrence."
    )
    feature_dropout: float = setting(
        0.5, "Share of the features that training drops in all cells."
    )
    reset_on_cuts: bool = setting(
        False, "The recurrence forgets what was before a cut in the video."
    )

    def _checks(self):
        yield "head", "'spatial'", self.head == "spatial"
        yield from super()._checks()
        yield self._one_of(
            "recurrent", SPATIAL_RECURRENCES, " with head='spatial'"
        )
        yield self._one_of("context", CONTEXTS)
        yield self._range("context_units")
        yield self._share("feature_dropout")
        yield "projection", "a positive integer", self.projection > 0
        yield (
            "units",
            f"context_units, {self.context_units}, with this recurrence",
            self.recurrent == "gru" or self.units == self.context_units,
        )
        yield (
            "reset_on_cuts",
            "False with recurrent='none', which remembers nothing",
            self.recurrent != "none" or not self.reset_on_cuts,
        )
        yield (
            "reset_on_cuts",
            "False without camera=True, which tells cuts",
            self.camera or not self.reset_on_cuts,
        )


@dataclasses.dataclass(frozen=True)
class JointConfig(ModelConfig):
    """The joint network: the paper's, which also recognizes actions.

    Attributes:
        actions: names of the A classes; the dataset tells them.
    """

    num_components: int = setting(20, "Components of the mixture.")
    actions: tuple[str, ...] = ()  # No flag: the dataset tells them.
    multi_label: bool = setting(
        False, "A video may have several of the actions."
    )
    feedback: bool = setting(
        True,
        "The density of a clip weights the features of the next.",
    )
    action_moves_map: bool = setting(
        False,
        "The loss of the action also teaches where to look; for training "
        "without the loss of the density.",
    )

    @property
    def in_cells(self) -> bool:
        return True

    def _checks(self):
        yield "head", "'dense' with actions", self.head == "dense"
        yield from super()._checks()
        yield self._range("num_components")
        yield (
            "actions",
            f"2 to {MAX_WIDTH} names of classes, each once",
            len(set(self.actions)) == len(self.actions)
            and 2 <= len(self.actions) <= MAX_WIDTH,
        )
        yield (
            "features",
            f"one of {CELL_FEATURES} with actions, which are looked for in "
            "cells",
            self.encoder != "c3d" or self.features in CELL_FEATURES,
        )
