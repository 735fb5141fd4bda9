"""Where people look in a video, as a probability density in every frame."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from rmdn_tf.prediction.attention_model import AttentionModel
    from rmdn_tf.prediction.density import Density

__version__ = "0.2.0"

# TensorFlow reads this when it is imported. By default it leaves oneDNN off on
# AMD's and older processors: 3D convolutions are then several times as slow.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def load(path: "str | os.PathLike" = "default") -> "AttentionModel":
    """Loads a trained model.

    A SavedModel is a program, and loading it runs it: load only those that you
    made or trust. The directory of a run holds no code.

    Args:
        path: "default" for the model that comes with the package; the directory
            of a run, or its `best`; a SavedModel, or a folder of its versions.

    Returns:
        The model, ready for any number of videos.

    Raises:
        FileNotFoundError: the model is missing.
        ValueError: the model is damaged, or from an incompatible release.
    """
    # Here, so that importing the package does not import TensorFlow.
    from rmdn_tf.prediction.attention_model import load as load_model

    return load_model(path)


def draw(
    frame: "np.ndarray",
    density: "Density",
    points: "Sequence | np.ndarray" = (),
    **settings: Any,
) -> "np.ndarray":
    """Draws where people look over a frame.

    Args:
        frame: RGB uint8 `[H, W, 3]`, or another frame that
            `AttentionModel.stream` takes.
        density: density of this frame.
        points: float `[n, 2]`, x and y in [0, 1], to draw rings around, such as
            points of gaze.
        **settings: of `rmdn_tf.prediction.overlay.Overlay`: `style` ("heat",
            "contours" or "ellipses"), `colormap`, `opacity`, `side_by_side`,
            `legend`.

    Returns:
        RGB uint8 `[H, W, 3]`, or `[H, 2 W, 3]` if side by side.

    Raises:
        ValueError: the frame or a setting is invalid.
    """
    from rmdn_tf.prediction.pictures import draw as draw_density

    return draw_density(frame, density, points, **settings)


def rectangle(
    left: float, top: float, right: float, bottom: float
) -> "np.ndarray":
    """Makes the area of an upright rectangle, for `Density.mass`.

    Args:
        left: x of the left side, in widths of the frame.
        top: y of the upper side, in heights of the frame.
        right: x of the right side, more than `left`.
        bottom: y of the lower side, more than `top`.

    Returns:
        float64 `[4, 2]`, the corners.

    Raises:
        ValueError: a side is not finite, or the sides are out of order.
    """
    from rmdn_tf.prediction.area import rectangle as make_rectangle

    return make_rectangle(left, top, right, bottom)
