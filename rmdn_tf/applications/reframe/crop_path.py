"""The crop of every frame, from densities that come one after another."""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import BSpline

from rmdn_tf.applications.reframe.attention_map import (
    map_size,
    share_in,
    summed,
)
from rmdn_tf.applications.reframe.crop_sizes import CropSizes
from rmdn_tf.applications.reframe.settings import CropSettings
from rmdn_tf.applications.reframe.shot_planner import (
    STEP_SECONDS,
    Plan,
    ShotPlanner,
    lengths_of,
)
from rmdn_tf.prediction.density import Density


class CropPath(NamedTuple):
    """The crop of every frame.

    Attributes:
        times: float64 `[n]`, in seconds from the first frame.
        boxes: float64 `[n, 4]`: x and y of the corner, width and height, in
            [0, 1] of the frame.
        shares: float64 `[n]`, of the predicted attention, inside the crop.
        centre_shares: float64 `[n]`, likewise, of the largest crop in the
            middle of the frame, to compare with.
        shots: int `[n]`, number of the shot, from 0.
    """

    times: np.ndarray
    boxes: np.ndarray
    shares: np.ndarray
    centre_shares: np.ndarray
    shots: np.ndarray


class CropPlanner:
    """Plans the crop of every frame of a video, shot by shot.

    The attention of ten instants a second counts. Memory does not grow with the
    video, except for a few numbers a frame.

    Args:
        sizes: of the frame and of the largest crop.
        settings: how the crop moves.
    """

    def __init__(self, sizes: CropSizes, settings: CropSettings):
        self._shares = height, width = sizes.shares
        self._centre = np.array(
            [[(1 - width) / 2, (1 - height) / 2, width, height]]
        )
        self._settings = settings
        self._map_size = map_size(sizes.frame)
        self._shots: list[CropPath] = []
        self._times: list[float] = []  # Of the frames of this shot.
        self._shown: Density | None = None
        self._sums = np.zeros((0, 0))

    def add(
        self, time: float, density: Density, begins_shot: bool = False
    ) -> None:
        """Takes the next frame.

        Args:
            time: when it is shown, in seconds from the first frame.
            density: where people look in it.
            begins_shot: whether it begins another shot. The path does not go on
                across a cut.
        """
        if begins_shot or not self._times:
            self._end_shot()
            self._planner = ShotPlanner(self._shares, self._settings)
            self._centre_shares: list[float] = []  # Of the instants.
        else:
            self._add_instants(time)
        self._times.append(time)
        self._shown, self._sums = density, np.zeros((0, 0))

    def finish(self) -> CropPath:
        """Returns the crop of every frame so far.

        Raises:
            ValueError: no frame was added.
        """
        self._end_shot()
        if not self._shots:
            raise ValueError("Empty video: no frame to crop.")
        return CropPath(*map(np.concatenate, zip(*self._shots, strict=True)))

    def _add_instants(self, end: float) -> None:
        """Adds the instants of the frame on display, up to the next frame."""
        while self._instant() < end:
            if not self._sums.size and self._shown is not None:
                self._sums = summed(self._shown.saliency_map(*self._map_size))
            self._planner.add(self._sums)
            held = share_in(self._sums[None], self._centre)
            self._centre_shares.append(float(held[0]))

    def _instant(self) -> float:
        return self._times[0] + len(self._centre_shares) * STEP_SECONDS

    def _end_shot(self) -> None:
        if not self._times:
            return
        # One more at least: the last frame lies between two instants.
        self._add_instants(self._times[-1] + 1.5 * STEP_SECONDS)
        times, plan = np.array(self._times), self._planner.finish()
        place = (times - times[0]) / STEP_SECONDS
        boxes = _boxes_at(place, plan, self._shares)
        instants = np.arange(len(plan.shares))
        held, in_centre = (
            np.interp(place, instants, shares)
            for shares in (plan.shares, self._centre_shares)
        )
        shots = np.full(len(times), len(self._shots))
        self._shots.append(CropPath(times, boxes, held, in_centre, shots))
        self._times, self._shown = [], None


def _boxes_at(
    places: np.ndarray, plan: Plan, shares: tuple[float, float]
) -> np.ndarray:
    """Returns the crops at places between the instants, numbered from 0.

    A cubic spline, whose speed and acceleration do not jump. It is a mean of
    the planned crops near by, so it keeps to their bounds and speeds.
    """
    first, last = plan.controls[:1], plan.controls[-1:]
    padded = np.concatenate(
        [
            2 * first - plan.controls[1:2],
            plan.controls,
            2 * last - plan.controls[-2:-1],
        ]
    )
    knots = np.arange(-3.0, len(plan.controls) + 3)
    size, x, y = BSpline(knots, padded, 3)(places).T
    height, width = lengths_of(size, shares)
    left = np.clip(x - width / 2, 0, 1 - width)
    top = np.clip(y - height / 2, 0, 1 - height)
    return np.stack([left, top, width, height], 1)
