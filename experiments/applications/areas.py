"""Compares the shares of attention of areas with those of people.

    python -m experiments.applications.areas --raw_dir RAW --work_dir WORK \\
        --pictures_dir PICTURES --output share_errors.json --plot areas.png

RAW, WORK and PICTURES are those of `experiments.spatial`: each clip is
predicted by the network that has not seen its scene, and no network has seen
the pictures. The areas are those of `experiments.applications.area_shares` and
`area_pictures`. `--output` is the file of
`rmdn_tf.applications.areas.share_errors`.
"""

import argparse
import functools
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf
from experiments.applications.area_fits import (
    LENGTHS,
    RATE,
    FirstLooks,
    Sample,
    covered,
    first_looks,
    fit_rate,
    fit_scatter,
    held_out,
    looks_error,
    sample,
)
from experiments.applications.area_pictures import picture_sample
from experiments.applications.area_plot import draw
from experiments.applications.area_shares import (
    CENTRE,
    FACES,
    HUMAN,
    MODEL,
    RANDOM,
    SIZE,
    THINGS,
    Shares,
    shares_of_clip,
)
from experiments.applications.clips import add_flags, read_clips
from experiments.spatial.baselines import Baselines
from experiments.spatial.datasets import ALL, clips_dir
from experiments.spatial.folds import folds_of
from rmdn_tf.applications.areas.measuring import LOOKS_PER_SECOND
from rmdn_tf.applications.areas.share_errors import (
    ShareErrors,
    share_errors_json,
)
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.evaluation.predictors import Static
from rmdn_tf.files.published import write_json
from rmdn_tf.metrics.intervals import mean_interval


def main() -> None:
    """Prints the tables; writes the errors and the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    parser.add_argument("--pictures_dir", required=True, type=pathlib.Path)
    parser.add_argument("--output", required=True, help="share_errors.json")
    parser.add_argument("--plot", required=True)
    options = parser.parse_args()
    clips = read_clips(options.raw_dir, options.work_dir, options.videos)
    centres = functools.cache(lambda: _centres(options.work_dir))
    areas = [
        shares
        for clip in clips
        for shares in shares_of_clip(
            clip, centres, options.work_dir / "areas" / f"{clip.name}.npz"
        )
    ]
    draw(areas, options.plot)
    print_errors(areas)
    print_looks(areas)
    scatters = print_coverage(areas)
    pictures = picture_sample(
        rmdn_tf.load(), options.pictures_dir, options.work_dir
    )
    picture_scatter = print_pictures(pictures)
    errors = ShareErrors(
        tuple(length / RATE for length in LENGTHS),
        tuple(round(one, 4) for one in scatters),
        round(picture_scatter, 4),
    )
    write_json(options.output, share_errors_json(errors))


def _centres(work_dir: pathlib.Path) -> Mapping[str, Static]:
    """Fits TCB for each clip, on the clips of the other folds."""
    folds = folds_of(read_videos(clips_dir(work_dir), ALL))
    fitted = Baselines(folds).centres
    return {
        name: one
        for one, fold in zip(fitted, folds, strict=True)
        for name in fold.held_out
    }


def drawn(areas: Sequence[Shares]) -> list[Shares]:
    """Returns the areas of `annotated_areas`: faces, texts and things."""
    return [one for one in areas if one.kind != RANDOM]


def print_errors(areas: Sequence[Shares]) -> None:
    """Prints errors of the mean share while an area is there.

    The human half is compared with the other half of the observers.
    """
    print("| areas | predictor | mean absolute error | bias | r |")
    groups = {
        kind: [one for one in areas if one.kind == kind]
        for kind in (FACES, THINGS, RANDOM)
    }
    for kind, chosen in {**groups, "faces, text, things": drawn(areas)}.items():
        for name in (MODEL, HUMAN, CENTRE, SIZE):
            pairs = np.array([_means(one, name) for one in chosen])
            error = pairs[:, 0] - pairs[:, 1]
            clips = [one.clip for one in chosen]
            r = np.corrcoef(pairs.T)[0, 1]
            print(
                f"| {kind} ({len(chosen)}) | {name} "
                f"| {_text(np.abs(error), clips)} | {_text(error, clips)} "
                f"| {r:.2f} |"
            )


def _means(one: Shares, predictor: str) -> tuple[float, float]:
    who = one.is_second if predictor == HUMAN else slice(None)
    known = one.known[one.there][:, who]
    real = one.sees[one.there][:, who].sum() / known.sum()
    return float(np.nanmean(one.predicted[predictor])), float(real)


def _text(errors: np.ndarray, clips: Sequence[str]) -> str:
    """Formats the mean over clips, and its 95 % interval."""
    _, group = np.unique(clips, return_inverse=True)
    means = np.bincount(group, errors) / np.bincount(group)
    found = mean_interval(means, np.ones(len(means)))
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})"


def print_looks(areas: Sequence[Shares]) -> None:
    """Prints how well first looks are told, with rates of other clips."""
    for name in (MODEL, HUMAN, CENTRE, SIZE):
        fitted = [first_looks(one, name) for one in drawn(areas)]
        others = [first_looks(one, name) for one in areas if one.kind == RANDOM]
        rates = held_out([one.clip for one in areas], _rate_without(fitted))
        shown = []
        for chosen in (fitted, others):
            squares = [
                looks_error([a for a in chosen if a.clip == clip], rates[clip])
                for clip in {one.clip for one in chosen}
            ]
            shown.append(f"{np.sqrt(np.mean(np.square(squares))):.3f}")
        print(
            f"first looks, {name}: rate {fit_rate(fitted):.2f}, root of the "
            f"mean square error {shown[0]}, of random rectangles {shown[1]}"
        )
        if name == MODEL:
            error = looks_error(fitted, RATE)
            print(f"  if every frame were a fresh look: {error:.3f}")
            ends = [(a.looked(LOOKS_PER_SECOND) - a.real)[-1] for a in fitted]
            names = [one.clip for one in fitted]
            print(f"  at the end: {_text(np.abs(ends), names)}")
            print(f"  bias at the end: {_text(np.array(ends), names)}")
            _print_times(fitted)


def _print_times(areas: Sequence[FirstLooks]) -> None:
    """Prints errors of the time by which half of the observers have looked."""
    times = [
        [_half_time(one.looked(LOOKS_PER_SECOND)), _half_time(one.real)]
        for one in areas
    ]
    known = np.isfinite(times)
    error = np.subtract(*np.array(times).T)[known.all(1)]
    print(
        f"  half have looked at {known.all(1).sum()} areas as predicted, at "
        f"{(~known).all(1).sum()} never as predicted, of {len(areas)}; seconds "
        f"too late: median {np.median(error):.2f}, median of the error "
        f"{np.median(np.abs(error)):.2f}"
    )


def _half_time(looked: np.ndarray) -> float:
    reached = looked >= 0.5
    return float(np.argmax(reached)) / RATE if reached.any() else np.nan


def _rate_without(
    fitted: Sequence[FirstLooks],
) -> Callable[[set[str]], float]:
    return lambda clips: fit_rate([one for one in fitted if one.clip in clips])


def print_coverage(areas: Sequence[Shares]) -> list[float]:
    """Prints how many shares lie in intervals that other clips gave.

    Returns:
        The scatter for each of `LENGTHS`.
    """
    names, found = {one.clip for one in areas}, []
    others = [one for one in areas if one.kind == RANDOM]
    for length in LENGTHS:
        fitted, random = sample(drawn(areas), length), sample(others, length)
        scatters = _held_out_scatters(fitted, names)
        found.append(fit_scatter(fitted))
        shown = [
            f"{kind} {_coverage(one, scatters, kind):.3f}"
            for one, kind in (
                (fitted, FACES),
                (fitted, THINGS),
                (random, RANDOM),
            )
        ]
        print(
            f"{length / RATE:.1f} s: scatter {found[-1]:.4f}, inside: "
            f"{_coverage(fitted, scatters):.3f}; {', '.join(shown)}"
        )
    return found


def _held_out_scatters(one: Sample, names: set[str]) -> dict[str, float]:
    return held_out(
        names, lambda clips: fit_scatter(one.of(np.isin(one.clip, [*clips])))
    )


def _coverage(
    one: Sample, scatters: Mapping[str, float], kind: str | None = None
) -> float:
    chosen = one.of(one.kind == kind) if kind else one
    return float(chosen.weight @ covered(chosen, scatters))


def print_pictures(pictures: Sample) -> float:
    """Prints errors and coverage on pictures; returns the scatter."""
    names = sorted({*pictures.clip})
    halves = [names[::2], names[1::2]]
    for kind in (FACES, RANDOM):
        one = pictures.of(pictures.kind == kind)
        error = one.predicted - one.real
        r = np.corrcoef(one.predicted, one.real)[0, 1]
        print(
            f"pictures, {kind} ({len(error)}): mean absolute error "
            f"{_text(np.abs(error), one.clip)}, bias "
            f"{_text(error, one.clip)}, r {r:.2f}"
        )
    faces = pictures.of(pictures.kind == FACES)
    _, number = np.unique(faces.clip, return_inverse=True)
    told, real = (
        np.bincount(number, shares) for shares in (faces.predicted, faces.real)
    )
    print(
        f"  all faces of a picture ({len(told)}): mean real share "
        f"{real.mean():.3f}, mean absolute error "
        f"{np.abs(told - real).mean():.3f}, bias {(told - real).mean():.3f}, "
        f"r {np.corrcoef(told, real)[0, 1]:.2f}"
    )
    scatters = {}
    for half, other in (halves, halves[::-1]):
        fitted = fit_scatter(pictures.of(np.isin(pictures.clip, other)))
        scatters |= dict.fromkeys(half, fitted)
    for kind in (FACES, RANDOM):
        print(f"  inside: {kind} {_coverage(pictures, scatters, kind):.3f}")
    return fit_scatter(pictures)


if __name__ == "__main__":
    main()
