"""Lossless videos whose luma is known, and models that look at one place."""

from fractions import Fraction

import av
import numpy as np

from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.recording import Replay
from tests.helpers.ffmpeg_psnr import made_frame

# As many clips as any of the videos has.
NUM_CLIPS = 200


def moving_lumas(num_frames=30, size=(48, 64), seed=0):
    """Makes a texture that moves by 2 pixels a frame, uint8 `[n, H, W]`.

    Values lie in [64, 192), so that a test may add to them.
    """
    rng = np.random.default_rng(seed)
    wide = rng.integers(64, 192, (size[0], size[1] + 2 * num_frames))
    wide = wide.astype(np.uint8)
    return np.stack(
        [wide[:, 2 * n : 2 * n + size[1]] for n in range(num_frames)]
    )


def write_lumas(path, lumas, form="yuv420p", rate=25, numbers=None, **told):
    """Writes lumas `[n, H, W]` without loss, with grey colours.

    Args:
        numbers: of the ticks at which the frames are shown; None for all.
        **told: what the video says of itself, such as `color_range`.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.height, stream.width = lumas[0].shape
        stream.pix_fmt = form
        base = 1 / Fraction(rate)
        stream.codec_context.time_base = base
        for name, value in told.items():
            setattr(stream.codec_context, name, value)
        for number, luma in zip(
            range(len(lumas)) if numbers is None else numbers,
            lumas,
            strict=True,
        ):
            frame = made_frame(luma, form)
            for name, value in told.items():
                setattr(frame, name, value)
            frame.pts, frame.time_base = number, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def model_of_gaze(config, x=0.5, y=0.5, scale=0.05):
    """Makes a model that always looks at one place, once through a video."""
    moments = np.array([[1.0, x, y, scale, scale, 0.0]])
    parameters = parameters_from_moments(moments)
    return AttentionModel(Replay([parameters] * NUM_CLIPS), config)
