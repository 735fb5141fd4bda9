"""Trains a recognizer of actions on a prepared dataset, and scores it."""

import dataclasses
import functools
import os
from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from rmdn_tf.action_recognition.choices import (
    ATTENTION_PART,
    FIXATIONS,
    PARTS,
    USES,
)
from rmdn_tf.action_recognition.clip_encoders import C3D
from rmdn_tf.action_recognition.descriptor_store import compute_descriptors
from rmdn_tf.action_recognition.descriptor_table import DescriptorTable
from rmdn_tf.action_recognition.linear_svm import LinearClassifier
from rmdn_tf.action_recognition.partitions import Partition, all_videos
from rmdn_tf.action_recognition.recipes import (
    Recipe,
    RecipeSettings,
    make_recipe,
)
from rmdn_tf.action_recognition.recognition import (
    LabelledVideos,
    choose_partitions,
    read_labelled,
    recognize,
)
from rmdn_tf.action_recognition.recognizer import (
    FrameForm,
    Recognizer,
    claimed_output,
)
from rmdn_tf.action_recognition.report import (
    format_actions,
    summarize_actions,
    write_actions,
)
from rmdn_tf.action_recognition.settings import (
    AttentionSettings,
    EncoderSettings,
    TaskSettings,
)
from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.prepared_dataset import damage_named, load_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.engines.opening import engine
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.evaluation.dataset_checks import refuse_scored_videos
from rmdn_tf.evaluation.fitted_centre import fit_centre
from rmdn_tf.files.shown_paths import shown


class RecognizerTraining:
    """Trains, scores and saves a recognizer of actions.

    An interrupted training continues when it is called again.

    Args:
        dataset: name of the dataset, for the summary.
        task: data, results and test videos.
        encoder: the network that encodes clips.
        attention: the attention that weights them.
        engine_settings: where descriptors are computed; None for this process.
    """

    def __init__(
        self,
        dataset: str,
        task: TaskSettings,
        encoder: EncoderSettings,
        attention: AttentionSettings,
        engine_settings: EngineSettings | None = None,
    ):
        self._task = task
        self._engine = engine_settings or EngineSettings()
        self._data_dir, self._output_dir = task.data_dir, task.output_dir
        self._gaze_dir = attention.tcb_data_dir or self._data_dir
        self._network = encoder.config(task.seed)
        self._attention = attention.config()
        self._flags = {"dataset": dataset}
        for settings in (task, encoder, attention):
            self._flags |= dataclasses.asdict(settings)

    def run(self) -> None:
        """Encodes the videos, trains and scores.

        Raises:
            InUseError: another process writes to the same `output_dir`.
            FileNotFoundError, RecordError, ValueError: the dataset, a model or
                a setting is missing or invalid.
            OSError: a file cannot be read or written.
        """
        task = self._task
        with damage_named(self._data_dir):
            # Quick steps that may fail come first.
            info = load_dataset_info(self._data_dir)
            if info.num_videos_before_cutting:
                raise RecordError(
                    f"'{self._data_dir}' holds shots, but an action belongs to "
                    "a whole video. Prepare the dataset without cutting."
                )
            videos = read_labelled(self._data_dir)
            partitions = choose_partitions(
                videos, info.folds, task.folds, task.seed
            )
            with claimed_output(self._output_dir):
                self._train(info, videos, partitions)

    def _train(
        self,
        info: DatasetInfo,
        videos: LabelledVideos,
        partitions: Sequence[Partition],
    ) -> None:
        network, attention = self._network, self._attention
        used = {part for use in self._task.use for part in USES[use]}
        parts = tuple(part for part in PARTS if part in used)
        centre = None
        if ATTENTION_PART in parts and attention.needs_centre:
            centre = self._fit_centre(info, partitions)
        recipe = make_recipe(
            network,
            attention,
            parts,
            centre=centre,
            data_dir=self._data_dir,
        )
        if network.network == C3D and not network.c3d_weights:
            print("C3D has random weights: no --c3d_weights were given.")
        descriptors = self._descriptors(recipe, parts, centre)
        made_by = {part: recipe.about(part) for part in parts}
        classifier = self._score(videos, descriptors, partitions, made_by)
        use = self._task.use[-1]
        if ATTENTION_PART in USES[use] and attention.source == FIXATIONS:
            print("No recognizer saved: other videos have no fixations.")
            return
        frames = FrameForm.of(info)
        recognizer = Recognizer(
            classifier, use, network, attention, frames, centre
        )
        made_by = {part: made_by[part] for part in USES[use]}
        recognizer.save(self._output_dir, made_by)
        print(f"recognizer for '{use}': {shown(self._output_dir)}")

    def _descriptors(
        self, recipe: Recipe, parts: tuple[str, ...], centre: np.ndarray | None
    ) -> DescriptorTable:
        """Computes the descriptors on the engine, and reads them."""
        of_worker = RecipeSettings(
            self._network,
            self._attention,
            parts,
            None if centre is None else tuple(map(tuple, centre.tolist())),
            os.fspath(self._data_dir),
        )
        with engine(self._engine, self._data_dir) as run:
            return compute_descriptors(
                recipe,
                self._data_dir,
                parts,
                run,
                None if self._engine.is_here else of_worker.recipe,
            )

    def _fit_centre(
        self, info: DatasetInfo, partitions: Sequence[Partition]
    ) -> np.ndarray:
        """Fits the trained centre; refuses videos that are tested."""
        tested = {v for partition in partitions for v in partition.test}
        refuse_scored_videos(self._gaze_dir, info, tested)
        return fit_centre(self._gaze_dir)

    def _score(
        self,
        videos: LabelledVideos,
        descriptors: DescriptorTable,
        partitions: Sequence[Partition],
        made_by: dict,
    ) -> LinearClassifier:
        """Trains and tests all partitions; returns the classifier to keep.

        That classifier trains on all videos if there are folds; otherwise it is
        the tested one.
        """
        task = self._task
        run = functools.partial(recognize, videos, descriptors, reduce=task.pca)
        outcomes = {
            use: [
                run(one, use)
                for one in tqdm(partitions, use, leave=False, disable=None)
            ]
            for use in task.use
        }
        about = {
            "dataset": videos.dataset,
            "made_by": made_by,
            "flags": self._flags,
        }
        summary = summarize_actions(videos, outcomes, about)
        print(format_actions(summary))
        write_actions(summary, videos, outcomes, self._output_dir)
        print(f"scores and picture: {shown(self._output_dir)}")
        use = task.use[-1]
        if len(partitions) == 1:
            return outcomes[use][0].fitted.classifier
        everything = all_videos(videos.labels, videos.dataset, task.seed)
        return run(everything, use).fitted.classifier
