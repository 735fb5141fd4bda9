"""Scores crops that follow attention by the gaze that they keep.

    python -m experiments.applications.reframe --raw_dir RAW --work_dir WORK

RAW and WORK are those of `experiments.applications.clips`. The clips are cut
from 16:9 to 9:16 and to 1:1. A crop's score is the share of real fixations
inside, of one half of the observers; the mean of both halves. Crops:

    centre      in the middle of the frame
    model       `rmdn reframe`, with the network that has not seen the scene
    per frame   the best crop of each frame by the same densities, not smoothed
    people      `rmdn reframe`, with the blurred gaze of the other half
    still       the best fixed crop of the clip by the judges' own gaze
"""

import argparse
import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import bootstrap
from tqdm import tqdm

from experiments.applications.clips import (
    Clip,
    add_flags,
    frames_shown,
    read_clips,
)
from rmdn_tf.applications.reframe.attention_map import (
    map_size,
    shares_everywhere,
    summed,
)
from rmdn_tf.applications.reframe.crop_path import CropPlanner
from rmdn_tf.applications.reframe.crop_sizes import CropSizes, choose_sizes
from rmdn_tf.applications.reframe.reframing import moments_of
from rmdn_tf.applications.reframe.settings import CropSettings
from rmdn_tf.metrics.intervals import paired_difference
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.settings import NetworkSettings

ASPECTS = ("9:16", "1:1")

CROPS = ("centre", "model", "per frame", "people", "people per frame", "still")

# Beside 1, the default.
SMOOTHNESS = (0.1, 0.3, 3.0, 10.0)

# Places of the still crop along each axis.
_PLACES = 41

_RESAMPLES = 10_000


@dataclasses.dataclass(frozen=True)
class Moments:
    """What a model says of a clip.

    Attributes:
        size: (height, width) of the frames.
        frames: time, density and whether a shot begins, of each frame.
    """

    size: tuple[int, int]
    frames: Sequence[tuple]

    @property
    def shots(self) -> np.ndarray:
        """Number of the shot of each frame, int `[n]`."""
        return np.cumsum([begins for _, _, begins in self.frames])

    def path(self, settings: CropSettings) -> tuple[np.ndarray, np.ndarray]:
        """Plans as `rmdn reframe` does; returns times and boxes `[n, 4]`."""
        planner = CropPlanner(sizes_of(self.size, settings), settings)
        for frame in self.frames:
            planner.add(*frame)
        path = planner.finish()
        return path.times, path.boxes

    def per_frame(self, settings: CropSettings) -> tuple:
        """Finds the best crop of each frame on its own."""
        height, width = sizes_of(self.size, settings).shares
        grid = map_size(self.size)
        boxes = []
        for _, density, _ in self.frames:
            sums = summed(density.saliency_map(*grid))
            held, y, x = shares_everywhere(sums[None], height, width)
            row, column = np.unravel_index(held[0].argmax(), held.shape[1:])
            boxes.append([x[column], y[row], width, height])
        return np.array([frame[0] for frame in self.frames]), np.array(boxes)


def sizes_of(size: tuple[int, int], settings: CropSettings) -> CropSizes:
    """Returns the sizes of a crop of frames of (height, width)."""
    return choose_sizes(size, settings.ratio)


def moments_by(model: AttentionModel, clip: Clip) -> Moments:
    """Runs a model that replays through a clip."""
    with predicted_video(model, clip.path, NetworkSettings()) as video:
        first = video.reader.first_frame
        return Moments((first.height, first.width), [*moments_of(video)])


def share_inside(
    clip: Clip, points: Sequence[np.ndarray], path: tuple
) -> float:
    """Returns the share of fixations inside the crop on display.

    Args:
        clip: the clip.
        points: fixations of each frame of its gaze, see `Clip.points`.
        path: times `[n]` and boxes `[n, 4]` of a crop.
    """
    times, boxes = path
    shown = frames_shown(times, clip.times)
    inside = [
        _is_inside(some, boxes[number])
        for some, number in zip(points, shown, strict=True)
    ]
    return float(np.concatenate(inside).mean())


def _is_inside(points: np.ndarray, box: np.ndarray) -> np.ndarray:
    return ((points >= box[:2]) & (points < box[:2] + box[2:])).all(1)


def fixed(box: Sequence[float]) -> tuple:
    """Returns the path of a crop that does not move."""
    return np.zeros(1), np.array([box])


def best_still(
    clip: Clip, points: Sequence[np.ndarray], shares: tuple[float, float]
) -> float:
    """Returns the score of the best fixed crop."""
    height, width = shares
    return max(
        share_inside(clip, points, fixed([x, y, width, height]))
        for x in np.unique(np.linspace(0, 1 - width, _PLACES))
        for y in np.unique(np.linspace(0, 1 - height, _PLACES))
    )


def motion(path: tuple, shots: np.ndarray) -> tuple[float, float, float]:
    """Returns how fast a crop is, how it jerks, and when it moves.

    Args:
        path: times `[n]` and boxes `[n, 4]` of the crop.
        shots: int `[n]`, number of the shot; jumps at cuts do not count.

    Returns:
        Mean speed in widths and heights of the frame a second, mean jerk in
        widths and heights a second cubed, and the share of the frames in which
        the crop moves.
    """
    times, boxes = path
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    step = float(np.diff(times).mean())
    parts = np.split(middle, 1 + np.flatnonzero(np.diff(shots)))
    speed, jerk = (
        np.concatenate(
            [np.abs(np.diff(one, order, axis=0)).sum(1) for one in parts]
        )
        / step**order
        for order in (1, 3)
    )
    return speed.mean(), jerk.mean(), (speed > 0.005).mean()


def scores_of(
    clip: Clip, model: Moments, people: Sequence[Moments], aspect: str
) -> dict[str, float]:
    """Scores all crops of a clip; also the motion of the model's paths."""
    settings = CropSettings(aspect=aspect)
    height, width = shares = sizes_of(model.size, settings).shares
    centre = fixed([(1 - width) / 2, (1 - height) / 2, width, height])
    paths = {"centre": centre, "model": model.path(settings)}
    paths["per frame"] = model.per_frame(settings)
    smooth = {
        f"smoothness {s:g}": dataclasses.replace(settings, smoothness=s)
        for s in SMOOTHNESS
    }
    paths |= {name: model.path(changed) for name, changed in smooth.items()}
    judged: list[dict[str, float]] = []
    for half in (0, 1):
        points = clip.points(clip.half(half))
        other = people[1 - half]
        followed = {"people": other.path(settings)}
        followed["people per frame"] = other.per_frame(settings)
        scores = {
            name: share_inside(clip, points, path)
            for name, path in {**paths, **followed}.items()
        }
        scores["still"] = best_still(clip, points, shares)
        judged.append(scores)
    found = {k: float(np.mean([one[k] for one in judged])) for k in judged[0]}
    for name in ("model", "per frame", *smooth):
        numbers = motion(paths[name], model.shots)
        for what, number in zip(
            ("speed", "jerk", "moves"), numbers, strict=True
        ):
            found[f"{name}: {what}"] = float(number)
    return found


def median_with_interval(numbers: np.ndarray) -> str:
    """Writes the median over clips and its 95 % interval by bootstrap."""
    found = bootstrap(
        (numbers,),
        np.median,
        n_resamples=_RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return f"{np.median(numbers):.3f} ({found.low:.3f} to {found.high:.3f})"


def print_shares(
    scores: Sequence[dict], groups: Sequence[str], what: str = "clips"
) -> None:
    """Prints the share of fixations inside each crop, by group."""
    chosen: dict[str, Callable] = {
        "all": lambda _: True,
        "with faces": lambda group: group == "with faces",
        "without faces": lambda group: group == "without faces",
    }
    for title, is_in in chosen.items():
        rows = [s for s, g in zip(scores, groups, strict=True) if is_in(g)]
        if len(rows) < 2:
            continue
        print(f"\n{title}, {len(rows)} {what}\n")
        print("| crop | median (95 %) | mean | minus centre (95 %) | p |")
        print("|---|---|---|---|---|")
        centre = np.array([row["centre"] for row in rows])
        for name in (n for n in rows[0] if n in CROPS):
            one = np.array([row[name] for row in rows])
            less = paired_difference(one, centre, np.ones(len(rows)))
            print(
                f"| {name} | {median_with_interval(one)} | {one.mean():.3f} | "
                f"{less.mean:+.3f} ({less.low:+.3f} to {less.high:+.3f}) | "
                f"{less.p_value:.4f} |"
            )
        model, people = (
            np.array([row[name] for row in rows])
            for name in ("model", "people")
        )
        less = paired_difference(model, people, np.ones(len(rows)))
        print(
            f"\nmodel minus people {less.mean:+.3f} "
            f"({less.low:+.3f} to {less.high:+.3f}), p {less.p_value:.4f}"
        )


def print_motion(scores: Sequence[dict]) -> None:
    """Prints how much each path keeps and how it moves, means over clips."""
    print("\n| path | inside | speed | jerk | moves |\n|---|---|---|---|---|")
    for name in (n[:-7] for n in scores[0] if n.endswith(": speed")):
        inside, *numbers = (
            np.mean([row[name + what] for row in scores])
            for what in ("", ": speed", ": jerk", ": moves")
        )
        speed, jerk, moves = numbers
        cells = f"{inside:.3f} | {speed:.4f} | {jerk:.3f} | {moves:.0%}"
        print(f"| {name} | {cells} |")


def main() -> None:
    """Scores the clips and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    options = parser.parse_args()
    scores: dict[str, list[dict]] = {aspect: [] for aspect in ASPECTS}
    names, groups = [], []
    clips = read_clips(options.raw_dir, options.work_dir, options.videos)
    for clip in tqdm(clips, unit="clip", leave=False):
        model = moments_by(clip.model, clip)
        people = [moments_by(clip.human(half), clip) for half in (0, 1)]
        for aspect in ASPECTS:
            scores[aspect].append(scores_of(clip, model, people, aspect))
        names.append(clip.name)
        groups.append(clip.group)
    for aspect, rows in scores.items():
        print(f"\n## {aspect}\n\n| clip | centre | model | people | still |")
        print("|---|---|---|---|---|")
        for name, row in zip(names, rows, strict=True):
            shown = (row[k] for k in ("centre", "model", "people", "still"))
            print(f"| {name} | {' | '.join(f'{n:.3f}' for n in shown)} |")
        print_shares(rows, groups)
        print_motion(rows)


if __name__ == "__main__":
    main()
