"""Scores every map by every metric: is each metric best on its own map?

    python -m experiments.best_maps.table --data_dir data/demo --every 8
    python -m experiments.best_maps.table --data_dir data/dhf1k \\
        --split train --model default --size 90 160 --block_seconds 2

All maps are made of the density of a model, or of the true one. The second
table has how much better a metric is on its own map than on another one, with
95 % intervals over the videos, or over blocks of time of one video. A block is
not independent of the next one.
"""

import argparse
import pathlib

import numpy as np

from rmdn_tf.commands.tensorflow_import import import_tensorflow

# Blocks of time: each is one unit of the intervals.
Units = tuple[np.ndarray, np.ndarray]

MAPS = ("density", "cc", "kl", "sim", "ratio")
ORDERS = ("order", "order_of_ratio")


def main() -> None:
    """Scores the maps and prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_dir", required=True, type=pathlib.Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--protocol", default="exact")
    parser.add_argument(
        "--model", help="path of a model, or default; without it the oracle"
    )
    parser.add_argument(
        "--size", nargs=2, type=int, help="height and width of the maps"
    )
    parser.add_argument(
        "--every", type=int, default=1, help="score one frame of so many"
    )
    parser.add_argument(
        "--block_seconds",
        type=int,
        help="units of the intervals; default: whole videos",
    )
    options = parser.parse_args()
    import_tensorflow()
    print_tables(*score_maps(options), options.block_seconds)


def print_tables(
    scores, own: dict[str, str], block_seconds: int | None = None
) -> None:
    """Prints both tables; the arguments are those of `difference_table`."""
    print(scores.num_frames.total(), "frames of", len(scores.video_ids))
    print(score_table(scores, own))
    print(difference_table(scores, own, block_seconds))


def score_maps(options: argparse.Namespace) -> tuple:
    """Scores all maps of a model's density, or of the true one.

    Args:
        options: flags of the command.

    Returns:
        As `score_all_maps`.
    """
    from rmdn_tf.data.annotations import read_videos
    from rmdn_tf.data.input_pipeline import ordered_windows
    from rmdn_tf.data.prepared_dataset import read_dataset_info
    from rmdn_tf.evaluation.protocols import PROTOCOLS
    from rmdn_tf.evaluation.split_baselines import Settings

    videos = read_videos(options.data_dir, options.split)
    kind = PROTOCOLS[options.protocol]
    size = tuple(options.size) if options.size else None
    if size is None and not kind.at_original_size:
        size = read_dataset_info(options.data_dir).size
    predictor, window = _predictor(options.model)
    return score_all_maps(
        predictor,
        ordered_windows(
            options.data_dir, options.split, batch_size=1, window=window
        ),
        videos,
        kind(videos, kind.blur_of(Settings.degree), size=size),
        lambda video, numbers: numbers % options.every == 0,
    )


def score_all_maps(predictor, batches, videos, protocol, choice) -> tuple:
    """Scores all maps of one density by all metrics.

    Args:
        predictor: gives the density.
        batches: as of `rmdn_tf.data.input_pipeline.ordered_windows`.
        videos: name -> video.
        protocol: has the metrics.
        choice: which frames to score.

    Returns:
        The `Scores`, whose predictors are the names of the maps; and metric ->
        name of its own map.
    """
    from rmdn_tf.evaluation.best_maps import BestMaps, best_map_names
    from rmdn_tf.evaluation.evaluation_loop import evaluate

    own = best_map_names(protocol)
    rows = {
        name: BestMaps(predictor, protocol, dict.fromkeys(own, name))
        for name in (*MAPS, *ORDERS)
        if name in MAPS or name in own.values()
    }
    scores = evaluate(rows, batches, videos, protocol, choice=choice)
    return scores, own


def _predictor(path: str | None) -> tuple:
    """Returns the predictor and the windows that it gets."""
    import rmdn_tf
    from experiments.runtimes.streamed import NUM_CLIPS, Streamed
    from rmdn_tf.data.windows import CONTEXT, Window
    from rmdn_tf.evaluation.predictors import MixtureNetwork, Oracle

    if path is None:
        return Oracle(), Window()
    model = rmdn_tf.load(path)
    stride = model.config.clip_stride
    window = Window(CONTEXT + 1 + (NUM_CLIPS - 1) * stride, stride)
    return MixtureNetwork(Streamed(model), stride), window


def score_table(scores, own: dict[str, str]) -> str:
    """Formats the means, Markdown; those on the own map are bold."""
    lines = _head(scores.metrics)
    for name in scores.predictors:
        means = {m: scores.mean(name, m) for m in scores.metrics}
        cells = (
            f"**{mean:.4f}**" if own[m] == name else f"{mean:.4f}"
            for m, mean in means.items()
        )
        lines.append(_row(name, cells))
    return "\n".join(lines) + "\n"


def difference_table(
    scores, own: dict[str, str], block_seconds: int | None = None
) -> str:
    """Formats how much better each metric's own map is than each other one.

    Args:
        scores: of the maps.
        own: metric -> name of its own map.
        block_seconds: length of the units of the intervals; None for videos.

    Returns:
        Markdown; positive numbers are better on the own map, also in KL.
    """
    lines = _head(scores.metrics)
    for name in scores.predictors:
        cells = (
            ""
            if own[metric] == name
            else _gain(scores, metric, own[metric], name, block_seconds)
            for metric in scores.metrics
        )
        lines.append(_row(name, cells))
    return "\n".join(lines) + "\n"


def _gain(
    scores, metric: str, own: str, other: str, block_seconds: int | None
) -> str:
    from rmdn_tf.metrics.intervals import paired_difference
    from rmdn_tf.metrics.score_ranges import range_of
    from rmdn_tf.reports.summary import lower_is_better

    rows = (_units(scores, one, metric, block_seconds) for one in (own, other))
    (ours, counts), (theirs, _) = rows
    found = paired_difference(ours, theirs, counts, ranges=range_of(metric))
    ends = [found.mean, found.low, found.high]
    if lower_is_better(metric):
        ends = [-found.mean, -found.high, -found.low]
    mean, low, high = ends
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def _units(scores, name: str, metric: str, block_seconds: int | None) -> Units:
    """Returns sums and counts of the videos, or of blocks of time."""
    if block_seconds is None:
        return scores.by_video(name, metric)
    length = scores.num_seconds + block_seconds
    ends = range(block_seconds, length, block_seconds)
    sums, counts = scores.by_time(name, metric, ends)  # [V, B]
    return sums.T.ravel(), counts.T.ravel()


def _head(metrics) -> list[str]:
    return [_row("map", metrics), "|" + "---|" * (1 + len(metrics))]


def _row(name, cells) -> str:
    return "|".join(["", f" {name} ", *(f" {cell} " for cell in cells), ""])


if __name__ == "__main__":
    main()
