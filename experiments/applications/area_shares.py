"""Shares of attention of areas of the clips: predicted ones and real ones.

`annotated_areas` has key frames of two kinds of areas: tracks of faces, found
by BlazeFace and checked by eye; and text and things, drawn by hand. Each clip
also has rectangles at random places.
"""

import dataclasses
import pathlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from matplotlib.path import Path

from experiments.applications.clips import Clip, frames_shown
from rmdn_tf.applications.areas.area import (
    Area,
    KeyFrame,
    make_area,
    size_of,
)
from rmdn_tf.applications.areas.area_files import read_areas
from rmdn_tf.applications.areas.measuring import Measurement
from rmdn_tf.evaluation.predictors import Static
from rmdn_tf.files.published import published
from rmdn_tf.prediction.area import rectangle
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.settings import NetworkSettings

ANNOTATIONS = pathlib.Path(__file__).with_name("annotated_areas")

# Kinds of areas.
FACES, THINGS, RANDOM = "faces", "text and things", "random rectangles"

NUM_RANDOM = 8

# Widths and heights of random rectangles, as parts of the frame.
SIDES = (0.06, 0.5)

# Predictors of shares.
MODEL, HUMAN, CENTRE, SIZE = "model", "human half", "TCB", "size of the area"


@dataclasses.dataclass(frozen=True)
class Shares:
    """What an area of a clip gets, on T frames, 10 a second.

    Attributes:
        clip: name of the clip.
        area: name of the area.
        kind: `FACES`, `THINGS` or `RANDOM`.
        predicted: predictor -> shares, float `[T]`, NaN where the area is not
            there.
        sees: whether an observer looks at the area, bool `[T, O]`.
        known: whether the observer's gaze is known, bool `[T, O]`.
        is_second: whether the observer is in the half that `HUMAN` has not
            seen, bool `[O]`.
    """

    clip: str
    area: str
    kind: str
    predicted: dict[str, np.ndarray]
    sees: np.ndarray
    known: np.ndarray
    is_second: np.ndarray

    @property
    def there(self) -> np.ndarray:
        """Frames on which the area is there, bool `[T]`."""
        return np.isfinite(self.predicted[MODEL])


def shares_of_clip(
    clip: Clip,
    centres: Callable[[], Mapping[str, Static]],
    stored: pathlib.Path,
) -> list[Shares]:
    """Measures the areas of a clip, once.

    Args:
        clip: the clip.
        centres: returns TCB for each clip, of its fold.
        stored: file that keeps what is predicted, `.npz`.
    """
    areas = areas_of(clip)
    places = [[a.at(time) for time in clip.times] for a, _ in areas]
    if not stored.exists():
        stored.parent.mkdir(parents=True, exist_ok=True)
        still = Density(centres()[clip.name].parameters)
        found = {
            MODEL: measured(clip, clip.model, areas),
            HUMAN: measured(clip, clip.human(0), areas),
            CENTRE: np.array(
                [[_mass(still, place) for place in own] for own in places]
            ).T,
            SIZE: np.array(
                [[_size(place) for place in own] for own in places]
            ).T,
        }
        with published(stored) as temporary:
            np.savez(temporary, **found)
    with np.load(stored) as arrays:
        predicted = dict(arrays)
    gaze = clip.gaze.gaze_on(np.arange(clip.gaze.num_frames))
    observers = np.unique(clip.gaze.fixations.observer)
    is_second = np.isin(observers, clip.half(1))
    found = []
    for number, (area, kind) in enumerate(areas):
        own = {name: shares[:, number] for name, shares in predicted.items()}
        sees, known = looks(gaze, observers, places[number])
        found.append(
            Shares(clip.name, area.name, kind, own, sees, known, is_second)
        )
    return found


def areas_of(clip: Clip) -> list[tuple[Area, str]]:
    """Returns the areas of a clip with their kinds."""
    path = ANNOTATIONS / f"{clip.name}.csv"
    found = []
    if path.exists():
        drawn = read_areas(path, clip.gaze.original_size)
        found = [(a, FACES if "face" in a.name else THINGS) for a in drawn]
    seed = zlib.crc32(clip.name.encode())
    for number, place in enumerate(random_rectangles(seed, NUM_RANDOM)):
        frames = [KeyFrame(0.0, place)]
        found.append((make_area(f"random {number}", frames), RANDOM))
    return found


def random_rectangles(seed: int, number: int) -> Iterator[np.ndarray]:
    """Yields rectangles of any place and size, float64 `[4, 2]` each."""
    random = np.random.default_rng(seed)
    for _ in range(number):
        sides = np.exp(random.uniform(*np.log(SIDES), 2))
        corner = random.uniform(0, 1 - sides)
        yield rectangle(*corner, *(corner + sides))


def measured(
    clip: Clip, model: AttentionModel, areas: Sequence[tuple[Area, str]]
) -> np.ndarray:
    """Returns a model's shares on the frames of the gaze, float `[T, A]`."""
    measurement = Measurement([area for area, _ in areas])
    times, shares = [], []
    with predicted_video(model, clip.path, NetworkSettings()) as video:
        for frame in measurement(video):
            times.append(frame.seconds)
            shares.append([one.share for one in frame.readings])
    return np.array(shares, np.float64)[frames_shown(times, clip.times)]


def _mass(density: Density, place: np.ndarray | None) -> float:
    return np.nan if place is None else density.mass(place)


def _size(place: np.ndarray | None) -> float:
    return np.nan if place is None else size_of(place)


def looks(
    gaze, observers: np.ndarray, places: Sequence[np.ndarray | None]
) -> tuple[np.ndarray, np.ndarray]:
    """Tells who looks at an area, and whose gaze is known, bool `[T, O]`."""
    sees = np.zeros([len(places), len(observers)], bool)
    known = np.zeros_like(sees)
    for number, place in enumerate(places):
        mask = gaze.mask[number]
        who = np.searchsorted(observers, gaze.observers[number][mask])
        known[number, who] = True
        if place is not None:
            points = gaze.points[number][mask]
            sees[number, who] = Path(place).contains_points(points)
    return sees, known


def windows(shares: Shares, length: int) -> Iterator[np.ndarray]:
    """Yields the frames on which an area is there, `length` at a time."""
    there = np.flatnonzero(shares.there)
    for begin in range(0, len(there) - length + 1, length):
        yield there[begin : begin + length]
