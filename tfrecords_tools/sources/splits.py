"""Which videos are held out, where a dataset does not say."""

import hashlib

VALIDATION_SHARE = 0.2
"""The paper's hold-out."""


def train_or_validation(video: str) -> str:
    """Holds out a fifth of the training videos by a stable hash of the name.

    Args:
        video: name of a training video. Shots of one video pass the video's
            name, and so stay together.

    Returns:
        "train" or "validation".
    """
    is_held_out = stable_fraction(video) < VALIDATION_SHARE
    return "validation" if is_held_out else "train"


def any_split(video: str) -> str:
    """Spreads the videos of a dataset without splits, by the same hash.

    Args:
        video: name of a video.

    Returns:
        "train", "validation" or "test", for about 60, 20 and 20% of names.
    """
    fraction = stable_fraction(video)
    if fraction < 0.6:
        return "train"
    return "validation" if fraction < 0.8 else "test"


def stable_fraction(name: str) -> float:
    """Maps a name to [0, 1), evenly and always the same.

    Nothing but the name counts, so a video stays in its split whichever
    others are on disk.

    Args:
        name: e.g. a video's name.

    Returns:
        The first 52 bits of the name's SHA-256 as a fraction.
    """
    # CRC-32 is not even over numbered names: it would hold out 16% of the
    # training videos of Hollywood2.
    digest = hashlib.sha256(name.encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 12) / 2**52
