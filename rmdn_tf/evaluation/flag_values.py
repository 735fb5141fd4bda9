"""The values of flags of an evaluation; raises `UsageError` for others."""

import math
import re

from rmdn_tf.commands.command_line import UsageError
from rmdn_tf.evaluation.choices import ORIGINAL
from rmdn_tf.files.image_limits import MAX_PIXELS


def parse_size(text: str | None) -> tuple[int, int] | str | None:
    """Reads --size: HEIGHTxWIDTH, or a word that stays as it is."""
    if text in (None, ORIGINAL):
        return text
    match = re.fullmatch(r"([1-9]\d{0,8})x([1-9]\d{0,8})", text)
    if not match or int(match[1]) * int(match[2]) > MAX_PIXELS:
        raise UsageError(
            f"Invalid --size. Expected HEIGHTxWIDTH, at most {MAX_PIXELS} "
            f"pixels, or '{ORIGINAL}'. Received: {text!r}."
        )
    return int(match[1]), int(match[2])


def parse_blur(text: str | None) -> tuple[float, float] | None:
    """Reads --human_blur: sigma and share."""
    if text is None:
        return None
    match = re.fullmatch(r"([^:]+):([^:]+)", text)
    try:
        sigma, share = map(float, match.groups() if match else ())
    except ValueError:
        sigma = share = math.nan
    if not (0 < sigma <= 1 and 0 < share < 1):
        raise UsageError(
            "Invalid --human_blur. Expected SIGMA:SHARE, SIGMA greater than 0 "
            f"and at most 1, SHARE between 0 and 1. Received: {text!r}."
        )
    return sigma, share


def parse_first_frame(text: str) -> int | None:
    """Reads --first_frame; None for any."""
    if not re.fullmatch(r"\d+|any", text):
        raise UsageError(
            "Invalid --first_frame. Expected a number from 0, or any. "
            f"Received: {text!r}."
        )
    return None if text == "any" else int(text)
