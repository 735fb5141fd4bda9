"""Scores models and baselines on the 23 clips, each by what has not seen it.

    python -m experiments.spatial.score --raw_dir RAW --work_dir WORK \\
        --models old full --attention_center center.tflite

WORK is that of `experiments.spatial.cross_validate`, which stores the maps of
the models that it trains. Metrics are exact, on maps of 64x64; means, intervals
and p-values are over clips. The negatives of the shuffled AUC are the fixations
on all other clips. `WORK/scores` gets `videos.csv` with the scores of each
clip, `tables.md` and `chosen.json`, the settings of the baselines.
"""

import argparse
import os
import pathlib
from collections.abc import Mapping, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import rmdn_tf  # noqa: F401
from experiments.spatial.baselines import MIXTURE, PRODUCT, Baselines
from experiments.spatial.cues import (
    ATTENTION,
    FACES,
    MOTION,
    Cues,
    add_cue_flags,
)
from experiments.spatial.datasets import ALL, prepare_clips
from experiments.spatial.folds import SIZE, folds_of, group_of
from experiments.spatial.maps import StoredMaps
from experiments.spatial.tables import format_scores
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.predictors import Predictor
from rmdn_tf.evaluation.protocols import EXACT_BLUR, ExactProtocol
from rmdn_tf.files.published import write_content, write_json
from rmdn_tf.reports.tables import write_video_table

# Frames of this size are enough for the cues.
SIDE = 448


def main() -> None:
    """Scores, prints the tables and writes them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw_dir", required=True, help="of the clips")
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument(
        "--models",
        nargs="*",
        default=[],
        help="VARIANT-SEED of WORK/maps, or VARIANT for the mean density of "
        "its seeds; the last is compared with all others",
    )
    add_cue_flags(parser)
    options = parser.parse_args()
    data_dir = prepare_clips(options.raw_dir, options.work_dir, SIDE)
    cues = Cues(options.work_dir / "cues", options, [FACES, MOTION, ATTENTION])
    cues.compute(data_dir, ALL)
    videos = read_videos(data_dir, ALL)
    baselines = Baselines(folds_of(videos))
    predictors = {
        **before(baselines, cues.maps()),
        **stored_models(options.work_dir / "maps", options.models),
        "human": baselines.human(),
    }
    write_scores(
        predictors,
        videos,
        {video_id: group_of(video_id) for video_id in videos},
        options.models[-1:],
        baselines,
        options.work_dir / "scores",
    )


def before(
    baselines: Baselines, cues: Mapping[str, StoredMaps]
) -> dict[str, Predictor]:
    """Makes the baselines of the cues, by name."""
    predictors: dict[str, Predictor] = {"TCB": baselines.centre()}
    for cue, name, family in (
        (FACES, "centre + faces", MIXTURE),
        (MOTION, None, None),
        (ATTENTION, "attention_center x centre", PRODUCT),
    ):
        if cue in cues and cue != FACES:
            predictors[cue] = cues[cue]
        if cue in cues and name:
            predictors[name] = baselines.joined(name, cues[cue], family)
    return predictors


def stored_models(
    maps_dir: pathlib.Path, names: Sequence[str]
) -> dict[str, StoredMaps]:
    """Finds the maps of models; of a variant, those of all its seeds."""
    found = {}
    for name in names:
        own = maps_dir / name
        seeds = sorted(maps_dir.glob(f"{name}-[0-9]*"))
        if not own.exists() and not seeds:
            raise FileNotFoundError(
                f"No maps of '{name}' in '{maps_dir}'. Train it first, by "
                "experiments.spatial.cross_validate."
            )
        found[name] = StoredMaps([own] if own.exists() else seeds)
    return found


def write_scores(
    predictors: Mapping[str, Predictor],
    videos: Mapping[str, Video],
    groups: Mapping[str, str],
    new: Sequence[str],
    baselines: Baselines,
    output_dir: pathlib.Path,
) -> None:
    """Scores all frames of videos, prints the tables and writes them.

    Args:
        predictors: by name; they need no pictures.
        videos: by name.
        groups: video -> the group that it is in.
        new: predictors to compare with all others but the human ones.
        baselines: their settings are written, too.
        output_dir: gets the files.
    """
    scores = evaluate(
        predictors,
        [all_frames(videos)],
        videos,
        ExactProtocol(videos, EXACT_BLUR, size=SIZE),
        baseline=predictors["TCB"],
    )
    pairs = [
        (one, other)
        for one in new
        for other in predictors
        if other not in (one, "human")
    ]
    labels = {video_id: (group,) for video_id, group in groups.items()}
    text = format_scores(scores, labels, pairs)
    output_dir.mkdir(parents=True, exist_ok=True)
    write_video_table(scores, output_dir / "videos.csv", labels)
    write_json(output_dir / "chosen.json", baselines.chosen)
    write_content(output_dir / "tables.md", text.encode())
    print(text)


def all_frames(videos: Mapping[str, Video]) -> dict[str, tf.Tensor]:
    """Makes a batch of all frames of all videos, without their pictures."""
    lengths = [video.num_frames for video in videos.values()]
    mask = np.arange(max(lengths)) < np.array(lengths)[:, None]
    return {
        "frame_mask": tf.constant(mask),
        "video_id": tf.constant([*videos]),
        "first_frame": tf.zeros(len(videos), tf.int64),
    }


if __name__ == "__main__":
    main()
