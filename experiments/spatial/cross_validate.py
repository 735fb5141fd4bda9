"""Trains networks on all clips but those of a fold, and predicts these.

    python -m experiments.spatial.cross_validate --raw_dir RAW \\
        --pictures_dir PICTURES --work_dir WORK --variants full --seeds 0 1

A network with a training on pictures learns from these once a seed; every fold
then goes on from there. All clips of a scene are in one fold. The maps of the
held out clips lie in `WORK/maps/VARIANT-SEED`; those of the networks of all
seeds, joined into one, in `WORK/maps/VARIANT-joined`. A killed run
continues with what is finished in WORK. `experiments.spatial.score` scores.
"""

import argparse
import dataclasses
import functools
import os
import pathlib
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import rmdn_tf  # noqa: F401
from experiments.spatial.datasets import (
    prepare_clips,
    prepare_pictures,
    video_ids,
    write_fold,
)
from experiments.spatial.features import share_features
from experiments.spatial.folds import NUM_FOLDS, SIZE, deal
from experiments.spatial.maps import has_maps, make_maps, write_maps
from experiments.spatial.variants import BLUR, VARIANTS, Variant
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.predictors import MixtureNetwork
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.model.parts import build_head
from rmdn_tf.model.saving import save_model
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.training.joining import joined
from rmdn_tf.training.trainer import Trainer


class Experiment:
    """The directories of one variant.

    Args:
        name: one of `VARIANTS`.
        raw_dir: raw files of the clips.
        pictures_dir: folders of raw files of `datasets.PICTURES`; needed only
            by a variant that learns from pictures.
        work_dir: holds all that is made.
    """

    def __init__(
        self,
        name: str,
        raw_dir: str,
        pictures_dir: str | None,
        work_dir: pathlib.Path,
    ):
        self.variant: Variant = VARIANTS[name]
        self._name, self._work_dir = name, work_dir
        side = self.variant.model.input_size[0]
        self.clips_dir = prepare_clips(raw_dir, work_dir, side)
        self.folds = deal(video_ids(self.clips_dir))
        self._folds_dir = work_dir / f"folds{side}"
        self.all_dir = self.fold_dir("all", [])
        self._pictures: list[pathlib.Path] = []
        if self.variant.pictures:
            if pictures_dir is None:
                raise ValueError(
                    "Missing `--pictures_dir`. Expected the folder of the "
                    f"raw pictures, which '{name}' learns from."
                )
            self._pictures = prepare_pictures(pictures_dir, work_dir, side)

    def fold_dir(
        self, name: str | int, held_out: Sequence[str]
    ) -> pathlib.Path:
        """Writes the dataset of a fold; returns its directory."""
        directory = self._folds_dir / str(name)
        write_fold(self.clips_dir, directory, held_out)
        return directory

    @property
    def can_join(self) -> bool:
        """Whether networks of several seeds can become one."""
        model = self.variant.model
        return (
            getattr(model, "context", None) == "residual"
            and model.recurrent == "leaky"
        )

    def maps_dir(self, seed: int | str) -> pathlib.Path:
        """Returns the directory of the maps that are predicted."""
        return self._work_dir / "maps" / f"{self._name}-{seed}"

    def run_dir(self, *names: int | str) -> pathlib.Path:
        """Returns the directory of a run."""
        return self._work_dir.joinpath("runs", self._name, *map(str, names))

    @functools.cache  # noqa: B019 - one experiment at a time.
    def start(self, seed: int) -> pathlib.Path | None:
        """Learns from the pictures; returns the run, or None without."""
        if not self._pictures:
            return None
        first, *others = self._pictures
        run_dir = self.run_dir(seed, "pictures")
        Trainer(
            self.variant.model,
            dataclasses.replace(self.variant.pictures, seed=seed),
            first,
            run_dir,
            mix_data_dirs=others,
        ).train()
        return run_dir

    def learn_clips(
        self, seed: int, fold_dir: pathlib.Path
    ) -> tuple[keras.Model, pathlib.Path]:
        """Trains on a fold's clips; returns the model, and the features."""
        start = self.start(seed)
        mixed = {"init_from": start, "mix_data_dirs": self._pictures}
        trainer = Trainer(
            self.variant.model,
            dataclasses.replace(self.variant.clips, seed=seed),
            fold_dir,
            self.run_dir(seed, fold_dir.name),
            **mixed if start else {},
        )
        features = share_features(trainer, self.all_dir)
        return trainer.train(), features

    def cross_validate(
        self, seeds: Sequence[int], numbers: Sequence[int]
    ) -> None:
        """Trains on folds, and predicts what each holds out."""
        for number in numbers:
            held_out = self.folds[number]
            fold_dir = self.fold_dir(number, held_out)
            joins = len(seeds) > 1 and self.can_join
            wanted = [*seeds, "joined"] if joins else seeds
            if all(has_maps(self.maps_dir(s), held_out) for s in wanted):
                continue
            models = []
            for seed in seeds:
                model, features = self.learn_clips(seed, fold_dir)
                models.append(model)
                if not has_maps(self.maps_dir(seed), held_out):
                    self._predict(model, fold_dir, features, seed)
            if joins:
                model, config = joined(models, self.variant.model)
                model.get_layer("mixture").widen(BLUR)
                save_model(
                    model, config, self.run_dir("joined", number, "best")
                )
                self._predict(model, fold_dir, features, "joined")

    def _predict(self, model, fold_dir, features, seed) -> None:
        """Stores the maps of the clips that the fold holds out."""
        network = MixtureNetwork(
            StatefulNetwork(build_head(model), clip_stride=1), 1
        )
        videos = read_videos(fold_dir, "test")
        batches = ordered_windows(
            fold_dir,
            "test",
            batch_size=4,
            window=Window(),
            feature_dir=features,
        )
        maps = make_maps(
            batches,
            videos,
            network,
            SIZE,
        )
        write_maps(self.maps_dir(seed), maps)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of the directories and of the seeds."""
    parser.add_argument("--raw_dir", required=True, help="of the clips")
    parser.add_argument("--pictures_dir", help="of the sets of pictures")
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])


def main() -> None:
    """Prepares, trains and predicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    parser.add_argument("--variants", nargs="*", default=[*VARIANTS])
    parser.add_argument(
        "--folds", nargs="*", type=int, default=[*range(NUM_FOLDS)]
    )
    options = parser.parse_args()
    refuse_overwriting(
        {"--raw_dir": options.raw_dir}, {"--work_dir": options.work_dir}
    )
    for name in options.variants:
        print(f"\n{name}")
        experiment = Experiment(
            name, options.raw_dir, options.pictures_dir, options.work_dir
        )
        experiment.cross_validate(options.seeds, options.folds)


if __name__ == "__main__":
    main()
