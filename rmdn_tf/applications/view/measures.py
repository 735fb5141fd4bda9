"""Areas and crops of a recorded video, as the commands compute them."""

import types
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from rmdn_tf.applications.areas.area import Area, KeyFrame, make_area
from rmdn_tf.applications.areas.measuring import Measurement
from rmdn_tf.applications.reframe.crop_path import CropPlanner
from rmdn_tf.applications.reframe.crop_sizes import choose_sizes
from rmdn_tf.applications.reframe.settings import CropSettings
from rmdn_tf.applications.view.opening import Facts
from rmdn_tf.applications.view.recording import Recording
from rmdn_tf.prediction.density import Density

MAX_AREAS, MAX_CORNERS, MAX_NAME = 100, 100, 200

# Most numbers in an answer.
_MAX_NUMBERS = 2_000_000


def parse_areas(areas: Any) -> list[Area]:
    """Reads the areas that a page sends.

    Args:
        areas: a list of objects with a `name` and `points`.

    Raises:
        ValueError: the areas are invalid, or too many.
    """
    if not isinstance(areas, list) or not 0 < len(areas) <= MAX_AREAS:
        raise ValueError(f"Invalid `areas`. Expected 1 to {MAX_AREAS} areas.")
    return [_parse_area(area) for area in areas]


def _parse_area(area: Any) -> Area:
    name = area.get("name") if isinstance(area, dict) else None
    if not isinstance(name, str) or not _is_name(name):
        raise ValueError(
            f"Invalid area. Expected a `name` of 1 to {MAX_NAME} letters."
        )
    points = area.get("points")
    if not isinstance(points, list) or not 3 <= len(points) <= MAX_CORNERS:
        raise ValueError(
            f"Invalid area '{name}'. Expected 3 to {MAX_CORNERS} points."
        )
    if not all(_is_point(point) for point in points):
        raise ValueError(
            f"Invalid area '{name}'. Expected points [x, y], two numbers each."
        )
    corners = np.array(points, np.float64)
    return make_area(name, [KeyFrame(0.0, corners)])


def _is_name(name: str) -> bool:
    """Refuses halves of letters, too, which JSON may hold but no file."""
    is_text = name.encode(errors="ignore").decode() == name
    return is_text and 0 < len(name) <= MAX_NAME


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(type(number) in (int, float) for number in point)
        and all(abs(number) < 1e9 for number in point)
    )


def shares_of(recording: Recording, areas: list[Area]) -> dict[str, Any]:
    """Measures the share of attention in areas, in every frame.

    Args:
        recording: must be complete.
        areas: of `parse_areas`.

    Returns:
        `Shares` of the page.

    Raises:
        ValueError: an outline crosses itself, or the answer would be too long.
    """
    if len(areas) * recording.num_frames > _MAX_NUMBERS:
        raise ValueError(
            "Too many areas for so long a video. Use `rmdn areas`."
        )
    times, shares = [], []
    for readings in Measurement(areas)(_frames(recording)):
        times.append(readings.seconds)
        shares.append([one.share or 0.0 for one in readings.readings])
    return {"times": times, "shares": np.transpose(shares).tolist()}


def _frames(recording: Recording) -> Iterator[tuple[Any, Density]]:
    """Yields the times of frames, in the form of frames, with densities."""
    for frame, density in recording.densities():
        shown = types.SimpleNamespace(
            time=frame.time, duration=frame.duration, time_base=1
        )
        yield shown, density


def crop_of(facts: Facts, recording: Recording, aspect: str) -> dict[str, Any]:
    """Plans the crop of every frame.

    Args:
        facts: of the video.
        recording: must be complete.
        aspect: width and height, such as 9:16.

    Returns:
        `Crop` of the page.

    Raises:
        ValueError: the aspect is invalid.
    """
    settings = CropSettings(aspect=aspect)
    exact = Fraction(facts.pixel_aspect)
    sizes = choose_sizes(
        (facts.height, facts.width),
        settings.ratio,
        # Not 0, which a tiny number would become.
        pixel_aspect=exact.limit_denominator(10_000) or exact,
    )
    planner = CropPlanner(sizes, settings)
    for frame, density in recording.densities():
        planner.add(frame.time, density, frame.begins_shot)
    path = planner.finish()
    ratio = settings.ratio
    return {
        "aspect": [ratio.numerator, ratio.denominator],
        "times": path.times.tolist(),
        "boxes": path.boxes.round(6).tolist(),
    }
