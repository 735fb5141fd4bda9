"""How far true shares of attention scatter around predicted ones.

The true share of an area with the predicted share m is taken as a random number
with a beta distribution of mean m and variance

    s m (1 - m)

The scatter s is fitted to real gaze of clips that the model has not seen, apart
from the noise of a limited number of observers. It falls with the time over
which a share is averaged. The directory of a model may hold the numbers.
"""

import dataclasses
import os

import numpy as np

from rmdn_tf.files.json_files import (
    dataclass_schema,
    read_json,
    with_tuples,
    with_version,
)
from rmdn_tf.runs.paths import model_directory

FILE = "share_errors.json"

VERSION = 1

# Probability that a true share lies in its interval.
CONFIDENCE = 0.9

# Shares nearer to 0 or 1 have the interval of these.
_LEAST_SHARE = 1e-6


@dataclasses.dataclass(frozen=True)
class ShareErrors:
    """Makes intervals of true shares of attention.

    Attributes:
        seconds: durations, increasing.
        scatter: s of the mean share over each duration, between 0 and 1.
        picture_scatter: s of a picture.
    """

    seconds: tuple[float, ...]
    scatter: tuple[float, ...]
    picture_scatter: float

    def __post_init__(self) -> None:
        scatters = np.array([*self.scatter, self.picture_scatter])
        if not (
            len(self.seconds) == len(self.scatter) > 0
            and (np.diff(self.seconds) > 0).all()
            and ((0 < scatters) & (scatters < 1)).all()
        ):
            raise ValueError(
                "Invalid `ShareErrors`. Expected increasing seconds, as many "
                f"scatters, and all scatters between 0 and 1. Received: {self}."
            )

    def interval(
        self, share: np.ndarray, seconds: float | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the interval in which true shares lie.

        Args:
            share: predicted shares, float `[...]`, 0 to 1.
            seconds: the time over which shares are means, 0 for one frame;
                None for a picture.

        Returns:
            The ends, float64 `[...]`; nine of ten true shares lie between,
            and so does the predicted share.
        """
        from scipy.special import betaincinv

        mean = np.clip(share, _LEAST_SHARE, 1 - _LEAST_SHARE)
        total = 1 / self._scatter(seconds) - 1
        a, b = mean * total, (1 - mean) * total
        outside = (1 - CONFIDENCE) / 2
        low, high = betaincinv(a, b, outside), betaincinv(a, b, 1 - outside)
        # The mean of a distribution with nearly all mass at 0 lies above high.
        return np.minimum(low, share), np.maximum(high, share)

    def _scatter(self, seconds: float | None) -> float:
        if seconds is None:
            return self.picture_scatter
        return float(np.interp(seconds, self.seconds, self.scatter))


def share_errors_json(errors: ShareErrors) -> dict:
    """Returns the content of a `FILE`."""
    return {"version": VERSION, **dataclasses.asdict(errors)}


def _schema() -> dict:
    schema = dataclass_schema(ShareErrors)
    schema["properties"]["version"] = {}
    return with_version("version", VERSION, schema)


SCHEMA = _schema()


def read_share_errors(model: str | os.PathLike) -> ShareErrors | None:
    """Reads the numbers in the directory of a model.

    Args:
        model: path of a model, see `rmdn_tf.runs.paths.model_directory`.

    Returns:
        The errors; None where the model has no such file.

    Raises:
        ValueError: the file is invalid.
    """
    path = model_directory(model) / FILE
    if not path.exists():
        return None
    numbers = read_json(path, SCHEMA)
    del numbers["version"]
    try:
        return ShareErrors(
            **{name: with_tuples(value) for name, value in numbers.items()}
        )
    except ValueError as error:
        raise ValueError(f"Invalid '{path}'. {error}") from error
