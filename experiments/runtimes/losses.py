"""What networks lose against TensorFlow, as a table."""

import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from experiments.spatial.folds import SIZE
from experiments.spatial.maps import StoredMaps, normalized, read_maps
from experiments.spatial.score import all_frames
from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.predictors import Predictor
from rmdn_tf.evaluation.protocols import EXACT_BLUR, ExactProtocol
from rmdn_tf.reports.summary import summarize

TENSORFLOW = "TensorFlow"


def table(
    directory: pathlib.Path,
    names: Sequence[str],
    videos: Mapping[str, Video],
    baseline: Predictor,
    groups: Mapping[str, str] | None = None,
) -> str:
    """Scores stored maps and compares mixtures with TensorFlow's.

    Args:
        directory: of `stream_dataset`.
        names: of the networks, without TensorFlow's.
        videos: by name.
        baseline: of `ExactProtocol`'s scores.
        groups: video -> the group that it is in.

    Returns:
        Markdown. Losses are means over videos, ± half of the 95 % interval.
    """
    predictors = {
        name: StoredMaps([directory / "maps" / name])
        for name in (TENSORFLOW, *names)
    }
    scores = evaluate(
        {"baseline": baseline, **predictors},
        [all_frames(videos)],
        videos,
        ExactProtocol(videos, EXACT_BLUR, size=SIZE),
        baseline=baseline,
    )
    labels = {video: (group,) for video, group in (groups or {}).items()}
    whole = summarize(
        scores, mean="videos", reference=TENSORFLOW, labels=labels
    )
    parts = [whole, *(whole["classes"].values() if labels else ())]
    titles = ["all", *(whole["classes"] if labels else ())]
    head = [
        "",
        *(f"bits, {title}" for title in titles),
        *(f"loss, {title}" for title in titles),
        "largest difference of a parameter",
        "largest share of the density that moves",
        "mean share",
    ]
    rows = [head, ["---"] * len(head)]
    for name in predictors:
        row = [name, *_bits(parts, name)]
        if name in names:
            row += _losses(parts, name)
            row += _differences(directory, name, [*videos])
        rows.append([*row, *[""] * (len(head) - len(row))])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _bits(parts: Sequence[Mapping], name: str) -> Iterator[str]:
    for part in parts:
        yield f"{part['scores'][name]['bits']['mean']:.4f}"


def _losses(parts: Sequence[Mapping], name: str) -> Iterator[str]:
    for part in parts:
        gain = part["differences"][name]["bits"]
        loss = round(-gain["mean"], 4) + 0  # No "-0.0000".
        text = f"{loss:+.4f}"
        if gain["low"] is not None:  # One video has no interval.
            text += f" ±{(gain['high'] - gain['low']) / 2:.4f}"
        yield text


def _differences(
    directory: pathlib.Path, name: str, videos: Sequence[str]
) -> list[str]:
    """Compares the mixtures, and their densities on the grid."""
    largest, moved = 0.0, []
    for video in videos:
        ours, theirs = (
            read_maps(directory / "parameters" / one, video)
            for one in (name, TENSORFLOW)
        )
        largest = max(largest, float(np.abs(ours - theirs).max()))
        ours, theirs = (
            np.exp(normalized(read_maps(directory / "maps" / one, video)))
            for one in (name, TENSORFLOW)
        )
        moved.append(np.abs(ours - theirs).sum((1, 2)) / 2)
    shares = np.concatenate(moved)
    return [f"{largest:.1e}", f"{shares.max():.1e}", f"{shares.mean():.1e}"]
