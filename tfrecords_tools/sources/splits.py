"""Assigns videos to splits by a hash, if a dataset has no splits."""

import hashlib

VALIDATION_SHARE = 0.2  # as in the paper


def train_or_validation(video: str) -> str:
    """Holds out a fifth of the training videos for validation.

    Pass the name of the uncut video, to keep its parts in one split.
    """
    is_held_out = stable_fraction(video) < VALIDATION_SHARE
    return "validation" if is_held_out else "train"


def any_split(video: str) -> str:
    """Assigns about 60, 20 and 20% to training, validation and test."""
    fraction = stable_fraction(video)
    if fraction < 0.6:
        return "train"
    return "validation" if fraction < 0.8 else "test"


def picture_split(picture: str) -> str:
    """Assigns about 80, 10 and 10% to training, validation and test."""
    fraction = stable_fraction(picture)
    if fraction < 0.1:
        return "test"
    return "validation" if fraction < 0.2 else "train"


def stable_fraction(name: str) -> float:
    """Maps a name to a number that is uniform in [0, 1) over all names.

    Only the name counts, so a video keeps its split when others are added.
    """
    # CRC-32 is not uniform over numbered names: it would hold out only 16% of
    # the training videos of Hollywood2.
    digest = hashlib.sha256(name.encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 12) / 2**52
