"""The encoders, their presets and scales of quality."""

import os
from typing import NamedTuple

# Presets of x264 and x265, the fastest first.
_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)

# How bits go to where people look: the encoder is told regions of interest, or
# detail is removed elsewhere, or both.
METHODS = ("roi", "blur", "both")

# Errors only. SVT-AV1 takes its level from the environment.
_SVT_LOG = ("SVT_LOG", "1")
_X265_LOG = "log-level=error"


class Encoder(NamedTuple):
    """What an encoder of FFmpeg takes.

    Attributes:
        best: quality (CRF) of the finest picture.
        usual: quality that the encoder takes by itself.
        worst: quality of the smallest file.
        presets: names of the presets.
        preset: the usual one.
        method: the usual one of `METHODS`.
        flat: presets without adaptive quantisation, which encoders need to use
            regions: `options_of` switches it on.
        share: factor of the offsets of regions that saves most bits, see
            `experiments/applications`. x264 weakens these offsets, x265 applies
            them in full.
    """

    best: int
    usual: int
    worst: int
    presets: tuple[str, ...]
    preset: str
    method: str
    flat: tuple[str, ...] = ()
    share: float = 1.0


ENCODERS = {
    "libx264": Encoder(1, 23, 51, _PRESETS, "medium", "roi", _PRESETS[:1]),
    "libx265": Encoder(
        1, 28, 51, _PRESETS, "medium", "roi", _PRESETS[:2], share=0.5
    ),
    # FFmpeg does not tell SVT-AV1 of regions.
    "libsvtav1": Encoder(1, 35, 63, tuple(map(str, range(14))), "8", "blur"),
}


def options_of(codec: str, preset: str) -> dict[str, str]:
    """Returns the options of a preset; the encoder uses regions with them.

    Args:
        codec: one of `ENCODERS`.
        preset: one of its presets.

    Returns:
        Options of FFmpeg. The encoder prints errors only.
    """
    options = {"preset": preset}
    is_flat = preset in ENCODERS[codec].flat
    if codec == "libx265":
        aq = ":aq-mode=1" if is_flat else ""
        options["x265-params"] = _X265_LOG + aq
    elif is_flat:
        options["aq-mode"] = "1"
    elif codec == "libsvtav1":
        os.environ.setdefault(*_SVT_LOG)
    return options
