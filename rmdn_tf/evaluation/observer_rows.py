"""The rows in which people predict people, and the choice of their blur."""

import functools
from collections.abc import Callable, Mapping, Sequence

from rmdn_tf.evaluation.cross_fitting import ByVideo, distinct
from rmdn_tf.evaluation.inter_observer import (
    Blur,
    BlurTable,
    Halves,
    require_two_observers,
)
from rmdn_tf.evaluation.predictors import Predictor
from rmdn_tf.evaluation.scored_split import ScoredSplit

# By the name of a video, or "" for all videos.
Blurs = Mapping[str, Blur]


def given_blur(
    scored: ScoredSplit, sigma: float, share: float, seed: int = 0
) -> Blurs:
    """Takes a blur that the user gives.

    Args:
        scored: the split that is scored.
        sigma: standard deviation, as a share of the width.
        share: uniform share, in (0, 1).
        seed: seed of the halves.

    Raises:
        ValueError: no frame was seen by two observers.
    """
    require_two_observers(list(scored.videos.values()), seed)
    return {"": Blur(sigma, share, "were given by --human_blur")}


def choose_blurs(
    scored: ScoredSplit,
    sigmas: Sequence[float],
    shares: Sequence[float],
    seed: int = 0,
) -> Blurs:
    """Chooses the blur for each scored video on other videos.

    Args:
        scored: the split that is scored.
        sigmas: as in `BlurTable`.
        shares: as in `BlurTable`.
        seed: as in `BlurTable`.

    Raises:
        ValueError: no frame of these videos was seen by two observers.
    """
    is_other, folds = bool(scored.tuning_split), scored.folds
    videos = scored.tuning_videos if is_other else scored.videos
    if not is_other and not folds:
        raise ValueError(
            "Invalid `split`. Expected videos that are not scored, or two "
            "scored ones, to choose the blur of the observers on. Received: "
            f"split='{scored.split}'."
        )
    table = BlurTable(
        list(videos.values()), scored.info.size, sigmas, shares, seed
    )
    number = len(table.scores)
    if is_other or not folds:
        place = f"{number} videos of the split '{scored.tuning_split}'"
        return {"": _named(table.best(), f"{place}, which is not scored")}
    place = f"{folds.describe()}; {number} videos have two observers"
    chosen = folds.choose(table.best)
    named = {blur: _named(blur, place) for blur in chosen.values()}
    return {v: named[blur] for v, blur in chosen.items()}


def _named(blur: Blur, place: str) -> Blur:
    """Says where a blur was chosen."""
    origin = f"are those that predict best on {place}"
    return Blur(blur.sigma, blur.uniform_share, origin)


def observer_rows(
    blurs: Blurs, extras: Mapping[str, Callable[[Blur], Predictor]], seed: int
) -> dict[str, Predictor]:
    """Makes `human` and the extra rows.

    Args:
        blurs: of `choose_blurs` or `given_blur`.
        extras: name -> predictor of a blur.
        seed: seed of the halves.
    """
    kinds: dict[str, Callable[[Blur], Predictor]] = {
        "human": functools.partial(Halves, seed=seed),
        **extras,
    }
    rows: dict[str, Predictor] = {}
    for name, make in kinds.items():
        made = {blur: make(blur) for blur in blurs.values()}
        first = next(iter(made.values()))
        of_video = {video_id: made[blur] for video_id, blur in blurs.items()}
        rows[name] = (
            ByVideo(of_video, _describe_all(first, blurs))
            if len(made) > 1
            else first
        )
    return rows


def _describe_all(first: Predictor, blurs: Blurs) -> str:
    """Says what a row is, with the blurs of all folds."""
    texts = [blur.describe() for blur in blurs.values()]
    every = " or ".join(sorted(set(texts)))
    return first.describe().replace(texts[0], every)


def about_blurs(
    blurs: Blurs, degree: float, width: int | None
) -> dict[str, str | float | list[float]]:
    """Tells the blurs, and how they were chosen, for the report.

    Args:
        blurs: of `choose_blurs` or `given_blur`.
        degree: of the visual field, as a share of the width.
        width: of the maps in pixels; None if videos differ.

    Returns:
        Name -> value; a list where videos have different values.
    """
    sigmas = [blur.sigma for blur in blurs.values()]
    about = {
        "human_blur_of_width": distinct(sigmas),
        "human_blur_degrees": distinct(s / degree for s in sigmas),
        "human_uniform_share": distinct(
            blur.uniform_share for blur in blurs.values()
        ),
        "human_blur_and_share": next(iter(blurs.values())).origin,
    }
    if width:
        about["human_blur_pixels"] = distinct(s * width for s in sigmas)
    return about
