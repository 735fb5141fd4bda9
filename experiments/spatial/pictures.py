"""Scores models and baselines on the held out tenth of the pictures.

    python -m experiments.spatial.pictures --pictures_dir PICTURES \\
        --work_dir WORK --model default --attention_center center.tflite

Baselines are fitted on the validation pictures of all sets. The negatives of
the shuffled AUC are the fixations on all other held out pictures.
`WORK/pictures` gets the files of `experiments.spatial.score`.
"""

import argparse
import dataclasses
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import rmdn_tf  # noqa: F401
from experiments.spatial.baselines import Baselines
from experiments.spatial.cues import ATTENTION, FACES, Cues, add_cue_flags
from experiments.spatial.datasets import (
    PICTURES,
    pictures_dir,
    prepare_pictures,
)
from experiments.spatial.finished_runs import predict
from experiments.spatial.folds import Fold
from experiments.spatial.maps import StoredMaps
from experiments.spatial.score import SIDE, before, write_scores
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.data.windows import CLIP_LENGTH, Window

# Of a video of one frame.
PICTURE = Window(CLIP_LENGTH)


def main() -> None:
    """Predicts, scores, prints the tables and writes them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures_dir", required=True)
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument(
        "--model", default="default", help="a run or a model, or default"
    )
    add_cue_flags(parser)
    options = parser.parse_args()
    prepare_pictures(options.pictures_dir, options.work_dir, SIDE)
    output_dir = options.work_dir / "pictures"
    cues = Cues(output_dir / "cues", options, [FACES, ATTENTION])
    held_out, tuning = {}, []
    for name in PICTURES:
        data_dir = pictures_dir(options.work_dir, SIDE, name)
        cues.compute(data_dir, "validation", name)
        cues.compute(data_dir, "test", name)
        predict(options.model, data_dir, output_dir / "maps" / name, PICTURE)
        tuning.append(videos_of(data_dir, "validation", name))
        held_out |= videos_of(data_dir, "test", name)
    baselines = Baselines([Fold([*held_out], tuning)])
    predictors = {
        **before(baselines, cues.maps()),
        "model": StoredMaps([output_dir / "maps"]),
        "human": baselines.human(),
    }
    write_scores(
        predictors,
        held_out,
        {video_id: video_id.split("/")[0] for video_id in held_out},
        ["model"],
        baselines,
        output_dir,
    )


def videos_of(
    data_dir: pathlib.Path, split: str, part: str
) -> dict[str, Video]:
    """Reads pictures and names them PART/PICTURE; sets repeat the names."""
    return {
        f"{part}/{v}": dataclasses.replace(one, video_id=f"{part}/{v}")
        for v, one in read_videos(data_dir, split).items()
    }


if __name__ == "__main__":
    main()
