"""Scores predictors on a few frames of one video."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from rmdn_tf.evaluation.best_maps import BestMaps
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Predictor, Trial
from rmdn_tf.evaluation.protocols import Protocol, Scorer, TwoPassProtocol
from rmdn_tf.evaluation.protocols.protocol import Observer
from rmdn_tf.metrics.exact_batch import ImpossibleFixationError

# Metric -> scores, `[n]`.
Values = dict[str, np.ndarray]

Prepared = TypeVar("Prepared", Scorer, Observer)


def score_frames(
    predictors: Mapping[str, Predictor],
    baseline: Predictor,
    protocol: Protocol,
    frames: Frames,
    watched: Collection[int] = (),
) -> tuple[dict[str, Values], dict[int, dict[str, np.ndarray]]]:
    """Scores predictors on frames.

    Args:
        predictors: by name.
        baseline: of `information_gain`.
        protocol: what the metrics mean.
        frames: n frames of one video.
        watched: indices of frames whose maps are wanted.

    Returns:
        Predictor -> metric -> float64 `[n]`; and index -> predictor -> float
        `[h, w]`, log-densities, but for `BestMaps`.

    Raises:
        ValueError: the baseline gives a fixation no probability.
    """
    try:
        return _score(predictors, baseline, protocol, frames, watched)
    except ImpossibleFixationError as error:
        raise ValueError(
            "Invalid `baseline`. Expected a positive density at every "
            "fixation. Received: 0 at a fixation on frame "
            f"{frames.numbers[error.frame]}, counted from 0, of "
            f"'{frames.video.video_id}'. Mix a uniform density into maps, such "
            "as --uniform_share 0.01."
        ) from error


def _score(
    predictors: Mapping[str, Predictor],
    baseline: Predictor,
    protocol: Protocol,
    frames: Frames,
    watched: Collection[int],
) -> tuple[dict[str, Values], dict[int, dict[str, np.ndarray]]]:
    size = protocol.size(frames.video)
    baseline_maps = baseline.log_maps(frames, size)
    scored: dict[str, list[Values]] = {name: [] for name in predictors}
    log_maps: dict[int, dict[str, np.ndarray]] = {i: {} for i in watched}
    for rows, trial, score in _trials(
        predictors, protocol, frames, protocol.scorer
    ):
        every = np.broadcast_to(trial.log_maps, (len(frames), *size))
        of_density = None
        for name, row in rows.items():
            of_row = protocol.scorer_of(name, score)
            if isinstance(row, BestMaps):  # It has several maps of a frame.
                values = row.score(
                    of_row, frames, trial, baseline_maps, of_density
                )
            else:
                values = of_density = of_row(trial.log_maps, baseline_maps)
                for index, maps in log_maps.items():
                    maps.setdefault(name, every[index])
            scored[name].append(_of_predicted(values, trial))
    return {name: _mean(trials) for name, trials in scored.items()}, log_maps


def observe_frames(
    predictors: Mapping[str, Predictor],
    protocol: TwoPassProtocol,
    frames: Frames,
) -> dict[str, Any]:
    """Shows the maps of predictors to a protocol.

    Args:
        predictors: by name.
        protocol: learns from the maps.
        frames: n frames of one video.

    Returns:
        Predictor -> what was observed, see `TwoPassProtocol.observer`.
    """
    total: dict[str, Any] = {}
    for rows, trial, observe in _trials(
        predictors, protocol, frames, protocol.observer
    ):
        add_observed(total, dict.fromkeys(rows, observe(trial.log_maps)))
    return total


def add_observed(total: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Adds what was observed of more maps, by predictor, to a total."""
    for name, seen in new.items():
        total[name] = total[name] + seen if name in total else seen


def _trials(
    predictors: Mapping[str, Predictor],
    protocol: Protocol,
    frames: Frames,
    prepare: Callable[[Frames, np.ndarray], Prepared],
) -> Iterator[tuple[dict[str, Predictor], Trial, Prepared]]:
    """Yields the trials, each with its predictors and the prepared truth.

    A predictor and its best maps share their trials. The truth of all fixations
    is prepared only once.
    """
    mask = frames.gaze.mask
    of_all = prepare(frames, mask)
    size = protocol.size(frames.video)
    for predictor, rows in _by_density(predictors).items():
        for trial in predictor.trials(frames, size):
            is_all = trial.mask is mask
            prepared = of_all if is_all else prepare(frames, trial.mask)
            yield rows, trial, prepared


def _by_density(
    predictors: Mapping[str, Predictor],
) -> dict[Predictor, dict[str, Predictor]]:
    """Groups the rows of the table by the predictor whose density they are."""
    groups: dict[Predictor, dict[str, Predictor]] = {}
    for name, row in predictors.items():
        density = row.predictor if isinstance(row, BestMaps) else row
        groups.setdefault(density, {})[name] = row
    return groups


def _of_predicted(values: Values, trial: Trial) -> Values:
    """Leaves out the scores of frames without a prediction."""
    if trial.is_predicted is None:
        return values
    return {
        metric: np.where(trial.is_predicted, of, np.nan)
        for metric, of in values.items()
    }


def _mean(trials: list[Values]) -> Values:
    """Averages scores without their NaN; NaN if all are NaN."""
    if len(trials) == 1:
        return trials[0]
    means = {}
    for metric in trials[0]:
        table = np.array([values[metric] for values in trials])
        there = ~np.isnan(table)
        with np.errstate(invalid="ignore"):
            means[metric] = np.where(there, table, 0).sum(0) / there.sum(0)
    return means
