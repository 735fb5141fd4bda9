"""Frames -> features: a network of single frames, and cues beside it.

A clip has the features of its last frame, and cues of what draws gaze: faces,
and the motion between that frame and earlier ones, which such a network misses.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf
from keras import layers

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.encoders import efficientnet_lite, motion
from rmdn_tf.encoders.cue_names import motion_cue_names
from rmdn_tf.encoders.efficientnet_weights import assign_efficientnet_weights
from rmdn_tf.encoders.faces import FaceCue
from rmdn_tf.encoders.preprocessing import Preprocessing, take_frames

# Pixels to a side of a cell.
CELL = 16

# Prefix of encoders from `keras.applications`.
KERAS = "keras/"


class FrameEncoder(NamedTuple):
    """A network of single frames.

    Attributes:
        build: (names of features, (h, w)) -> a model with random weights,
            float `[n, h, w, 3]` -> a list of maps.
        load: (the model, names of features) -> None; puts pretrained weights
            into the model.
        mean_rgb: subtracted from pixels of 0 to 255.
        pixel_scale: factor on the difference.
    """

    build: Callable[[Sequence[str], tuple[int, int]], keras.Model]
    load: Callable[[keras.Model, Sequence[str]], None]
    mean_rgb: tuple[float, float, float]
    pixel_scale: float


def frame_encoder(name: str) -> FrameEncoder:
    """Finds an encoder by name.

    The features of a model of `keras.applications` are its layers; `load`
    downloads ImageNet weights.

    Args:
        name: "efficientnet_lite0", or "keras/" and a model of
            `keras.applications`, such as "keras/MobileNetV2".

    Returns:
        The functions that build the network and load its weights.

    Raises:
        ValueError: the name is unknown.
    """
    if name == "efficientnet_lite0":
        return FrameEncoder(
            efficientnet_lite.build_efficientnet_lite,
            lambda network, _: assign_efficientnet_weights(network),
            efficientnet_lite.MEAN_RGB,
            efficientnet_lite.PIXEL_SCALE,
        )
    if name.startswith(KERAS) and name[len(KERAS) :] in _applications():
        return FrameEncoder(
            lambda features, size: _build_application(name, features, size),
            lambda network, features: _load_application(
                name, network, features
            ),
            (0.0, 0.0, 0.0),
            1.0,
        )
    raise ValueError(
        "Invalid `encoder`. Expected 'c3d', 'efficientnet_lite0', or "
        f"'{KERAS}' and a model of keras.applications. "
        f"Received: encoder='{name}'."
    )


def _applications() -> dict[str, Callable]:
    return {
        name: value
        for name, value in vars(keras.applications).items()
        if callable(value) and name[0].isupper()
    }


def _build_application(name, features, input_size, weights=None) -> keras.Model:
    """Builds a published network for pixels of 0 to 255, up to some layers."""
    build = _applications()[name[len(KERAS) :]]
    module = build.__module__.rsplit(".", 1)[-1]
    preprocess = getattr(keras.applications, module).preprocess_input
    network = build(
        include_top=False, weights=weights, input_shape=(*input_size, 3)
    )
    known = [layer.name for layer in network.layers]
    if not features or not set(features) <= set(known):
        raise ValueError(
            f"Invalid `features`. Expected layers of {name}: "
            f"{', '.join(known)}. Received: features={tuple(features)}."
        )
    outputs = [network.get_layer(feature).output for feature in features]
    frames = keras.Input((*input_size, 3), name="frames")
    maps = keras.Model(network.input, outputs)(preprocess(frames))
    return keras.Model(frames, maps, name=module)


def _load_application(name, network: keras.Model, features) -> None:
    """Downloads weights and copies them into a network of the same layers."""
    size = network.input_shape[1:3]
    theirs = _build_application(name, features, size, weights="imagenet")
    network.set_weights(theirs.get_weights())


def build_frame_network(
    encoder: FrameEncoder, features: str, input_size: tuple[int, int]
) -> keras.Model:
    """Builds a network whose maps lie on one grid, of cells of 16x16 pixels.

    Finer maps are folded into the cells, so that nothing is lost; coarser maps
    are interpolated.

    Args:
        encoder: of `frame_encoder`.
        features: names of maps, joined by "+".
        input_size: (h, w), multiples of 32.

    Returns:
        A model from float `[n, h, w, 3]` to `[n, h/16, w/16, D]`, with random
        weights.

    Raises:
        ValueError: the size or a name is invalid.
    """
    if any(side % (2 * CELL) for side in input_size):
        raise ValueError(
            f"Invalid `input_size`. Expected multiples of {2 * CELL}. "
            f"Received: input_size={tuple(input_size)}."
        )
    network = encoder.build(features.split("+"), input_size)
    grid = (input_size[0] // CELL, input_size[1] // CELL)
    maps = [_on_grid(one, grid) for one in tf.nest.flatten(network.outputs)]
    outputs = layers.Concatenate(name="cells")(maps) if maps[1:] else maps[0]
    return keras.Model(network.input, outputs, name=network.name)


def _on_grid(one, grid: tuple[int, int]):
    """Folds or interpolates a map `[n, h, w, D]` to the grid."""
    rows, columns = one.shape[1:3]
    if rows > grid[0]:
        fold = rows // grid[0]
        one = layers.Reshape((grid[0], fold, grid[1], fold, one.shape[3]))(one)
        one = layers.Permute((1, 3, 2, 4, 5))(one)
        return layers.Reshape((*grid, -1))(one)
    if rows < grid[0]:
        factors = (grid[0] // rows, grid[1] // columns)
        return layers.UpSampling2D(factors, interpolation="bilinear")(one)
    return one


@keras.saving.register_keras_serializable("rmdn_tf")
class LastFrames(layers.Layer):
    """Takes the last frame of each clip.

    Args:
        context: m, frames before the first clip's last one.
        clip_stride: s, frames from one clip to the next.
        doubles: whether to double a single frame: without AVX-512, oneDNN takes
            longer for one frame than for two (TensorFlow 2.16 and 2.21), and
            streams have single frames. Other runtimes, and processors with
            AVX-512, have no use for it.

    Input shape:
        float `[B, m + L - 15, h, w, 3]`, a window of L frames without the first
        15 - m.

    Output shape:
        float `[B T, h, w, 3]`, T = (L - 16)//s + 1, window by window; two
        frames for a single one that is doubled.
    """

    def __init__(
        self,
        context: int = 0,
        clip_stride: int = 1,
        doubles: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.context = context
        self.clip_stride = clip_stride
        self.doubles = doubles

    def call(self, frames):
        ends = tf.range(self.context, tf.shape(frames)[1], self.clip_stride)
        last = take_frames(frames, ends)
        if not self.doubles:
            return last
        number = tf.shape(last)[0]
        twice = tf.range(tf.maximum(number, 2)) % tf.maximum(number, 1)
        return tf.cond(
            number == 1, lambda: tf.gather(last, twice), lambda: last
        )

    def compute_output_shape(self, input_shape):
        return (None, *input_shape[2:])

    def get_config(self):
        names = ("context", "clip_stride", "doubles")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("rmdn_tf")
class FrameFeatures(layers.Layer):
    """Groups the features of `LastFrames` by window, and adds motion.

    Takes the network's output, `[max(2, B T), h/16, w/16, D]`, and the input of
    `LastFrames`. Returns float `[B, T, h/16, w/16, D + M]`: D features of the
    network, then M cues of `rmdn_tf.encoders.motion`.

    Args:
        clip_stride: that of `LastFrames`.
        motion_lags: frames back to each earlier frame, 15 at most. The largest
            lag is the context of `LastFrames`.
        pixel_scale: of the input, see `FrameEncoder`.
        camera: whether earlier frames are first moved to where the camera sees
            their points now; then a cue tells cuts, too.
        onset_lag: frames back to the frame that what has appeared is missing
            in; 0 leaves these cues out. Needs `camera`.
    """

    def __init__(
        self,
        clip_stride: int = 1,
        motion_lags: Sequence[int] = (),
        pixel_scale: float = 1.0,
        camera: bool = False,
        onset_lag: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.clip_stride = clip_stride
        self.motion_lags = tuple(motion_lags)
        self.pixel_scale = pixel_scale
        self.camera = camera
        self.onset_lag = onset_lag

    def call(self, encoded, frames):
        shape = tf.shape(frames)
        first = max((*self.motion_lags, self.onset_lag), default=0)
        ends = tf.range(first, shape[1], self.clip_stride)
        features = encoded[: shape[0] * tf.size(ends)]
        if self.motion_lags:
            cues = tf.cast(self._motion(frames, ends), features.dtype)
            features = tf.concat([features, cues], -1)
        output = self.compute_output_shape(encoded.shape, frames.shape)[2:]
        return tf.reshape(features, [shape[0], -1, *output])

    def _motion(self, frames, ends):
        """Computes the cues of the clips, float32 `[B T, h', w', M]`."""
        white = 255 * self.pixel_scale
        lags = [0, *self.motion_lags]
        if self.onset_lag:
            lags.append(self.onset_lag)
        now, *thens = (
            motion.blocks_at(frames, ends - lag, white) for lag in lags
        )
        if not self.camera:
            return motion.frame_differences(now, thens)
        return motion.camera_cues(now, thens, self.onset_lag > 0)

    def compute_output_shape(self, encoded_shape, frames_shape):
        *grid, num_features = encoded_shape[1:]
        num_features += len(
            motion_cue_names(self.motion_lags, self.camera, self.onset_lag)
        )
        return (frames_shape[0], None, *grid, num_features)

    def get_config(self):
        names = (
            "clip_stride",
            "motion_lags",
            "pixel_scale",
            "camera",
            "onset_lag",
        )
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}


def join_frame_encoder(
    frames: keras.KerasTensor,
    encoder: str,
    features: str,
    input_size: tuple[int, int],
    clip_stride: int,
    motion_lags: Sequence[int],
    *,
    faces: bool = False,
    dtype: str = "float32",
    camera: bool = False,
    onset_lag: int = 0,
) -> keras.KerasTensor:
    """Connects a network of single frames to frames, uint8 `[B, L, H, W, 3]`.

    Only frames that are used are resized. The layers are named `preprocessing`,
    `clips`, by the network, with `faces` also `faces` and `with_faces`, and
    `features`. The output is that of `FrameFeatures`; with `faces` the numbers
    of faces lie between the network's features and the cues of motion. `dtype`
    is for the layers around the network.
    """
    chosen = frame_encoder(encoder)
    context = max((*motion_lags, onset_lag), default=0)
    frames = Preprocessing(
        *input_size,
        chosen.mean_rgb,
        chosen.pixel_scale,
        dtype=dtype,
        name="preprocessing",
    )(frames[:, CONTEXT - context :])
    network = build_frame_network(chosen, features, input_size)
    last = LastFrames(context, clip_stride, dtype=dtype, name="clips")(frames)
    encoded = network(last)
    if faces:
        encoded = _with_faces(encoded, last, chosen, dtype)
    joined = FrameFeatures(
        clip_stride,
        motion_lags,
        chosen.pixel_scale,
        camera,
        onset_lag,
        dtype=dtype,
        name="features",
    )
    return joined(encoded, frames)


def _with_faces(encoded, frames, encoder: FrameEncoder, dtype: str):
    """Appends the numbers of faces to the features of cells."""
    cue = FaceCue(
        encoded.shape[1:3], encoder.mean_rgb, encoder.pixel_scale, name="faces"
    )
    join = layers.Concatenate(dtype=dtype, name="with_faces")
    return join([encoded, cue(frames)])
