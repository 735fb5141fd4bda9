"""The directory of a training run: settings, checkpoints, models, logs."""

import contextlib
import os
import pathlib
import re
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rmdn_tf.files.disk_space import require_room
from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.mirror import upload_changes
from rmdn_tf.files.published import remove_partial
from rmdn_tf.files.settings_file import SettingsFile, refuse_changes
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.files.syncing import sync
from rmdn_tf.files.write_errors import writing
from rmdn_tf.model.config_json import own_settings
from rmdn_tf.runs.checkpoints import latest_checkpoint

if TYPE_CHECKING:
    import tensorflow as tf

BEST = "best"
CHECKPOINTS = "checkpoints"
FAILED = "failed"
LOGS = "logs"
TRAINING_FILE = "training.json"
VALIDATION_FILE = "validation.json"
# Settings of training that may change when a run resumes; the number of epochs
# only if the learning rate does not depend on it.
MAY_CHANGE = ("training/num_epochs", "training/patience")

ROOM_FOR_LOGS = 100 * 2**20

# Names of TensorFlow's checkpoint files; the group names the checkpoint.
_OF_CHECKPOINT = re.compile(
    r"(ckpt-\d+)(?:\.index|\.data-\d+-of-\d+|_temp)|checkpoint\.tmp[0-9a-f]+"
)

_DATASET = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
}

# Settings of a run, in `TRAINING_FILE`.
TRAINING_SCHEMA = {
    "type": "object",
    "properties": {
        "dataset": _DATASET,
        "mixed": {"type": ["array", "null"], "items": _DATASET},
        "init_from": {"type": ["string", "null"]},
        "model": {"type": "object"},
        "training": {"type": "object"},
    },
    "required": ["dataset", "model", "training"],
}

# Epoch and scores of the best model, in `VALIDATION_FILE`.
VALIDATION_SCHEMA = {
    "type": "object",
    "properties": {
        "epoch": {"type": "integer", "minimum": 1},
        # Which frames the scores are means over; not in earlier releases.
        "scored_frames": {"type": "string"},
    },
    "required": ["epoch"],
    "additionalProperties": {"type": "number"},
}


class TrainingError(RuntimeError):
    """Training cannot go on."""


class RunDirectory:
    """The directory of one run, on this machine.

    Every process may read it. Only the chief calls `claim` and `save`, inside
    `alone`.

    Args:
        path: the directory; it may be missing.

    Attributes:
        best: directory of the best model.
        validation: JSON file in `best` with its epoch and validation scores.
        failed: directory of the model whose loss was not finite.
        logs: directory of TensorBoard's files.
    """

    def __init__(self, path: str | os.PathLike):
        if not is_local(path):
            raise ValueError(
                "Invalid `run_dir`. Expected a directory of this machine, such "
                "as `rmdn_tf.files.mirror.mirrored` gives. Received: "
                f"'{shown(path)}'."
            )
        self.path = pathlib.Path(path)
        self.best = self.path / BEST
        self.validation = self.best / VALIDATION_FILE
        self.failed = self.path / FAILED
        self.logs = self.path / LOGS
        self._checkpoints = str(self.path / CHECKPOINTS)
        self._settings = SettingsFile(
            self.path / TRAINING_FILE, TRAINING_SCHEMA
        )

    def alone(self, is_chief: bool) -> contextlib.AbstractContextManager[None]:
        """Returns a context in which no other process trains here.

        Workers other than the chief write nothing and need no lock.

        Raises:
            InUseError: another process trains here.
        """
        if not is_chief:
            return contextlib.nullcontext()
        return one_at_a_time(self.path, "training")

    def check(
        self, settings: dict, defaults: Mapping[str, Mapping] | None = None
    ) -> None:
        """Refuses a directory whose model has other settings.

        Args:
            settings: those of the run, for JSON.
            defaults: values, by group and name, of settings that an earlier
                release did not write.

        Raises:
            OtherSettingsError: the model there has other settings.
            TrainingError: the list of its checkpoints is damaged.
            ValueError: its settings are damaged.
        """
        if self._latest() is None and not self.validation.exists():
            return
        earlier = self._settings.read()
        if earlier:
            # Earlier releases also wrote settings of other kinds of networks.
            earlier["model"] = own_settings(earlier["model"])
            for group, values in (defaults or {}).items():
                earlier[group] = {**values, **earlier[group]}
            may_change = set(MAY_CHANGE)
            if settings["training"].get("schedule") == "cosine":
                may_change.remove("training/num_epochs")
            refuse_changes(self._settings.path, earlier, settings, may_change)

    def read_validation(self) -> dict[str, float | str]:
        """Returns epoch and scores of the best model; some may be infinite.

        Raises:
            OSError, ValueError: the file is missing or damaged.
        """
        return read_json(self.validation, VALIDATION_SCHEMA, finite=False)

    def restore(self, checkpoint: "tf.train.Checkpoint") -> bool:
        """Restores the last checkpoint; returns whether one exists.

        Raises:
            TrainingError: the checkpoint is damaged, or of another model.
        """
        self._last_seen = self._state()
        latest = self._latest()
        if latest is None:
            return False
        try:
            checkpoint.restore(latest).assert_existing_objects_matched()
        # TensorFlow raises different errors for different damage.
        except Exception as error:
            raise TrainingError(
                f"Cannot go on from the checkpoint '{latest}': {error} Remove "
                f"'{self.path}' to begin anew."
            ) from error
        return True

    def claim(
        self,
        checkpoint: "tf.train.Checkpoint",
        settings: dict,
        keep: int,
        num_bytes: int,
    ) -> None:
        """Prepares the directory for `save`; call it after `restore`.

        Args:
            checkpoint: what `save` writes.
            settings: settings of the run, for JSON.
            keep: number of newest checkpoints to keep.
            num_bytes: size of one checkpoint.

        Raises:
            TrainingError: another process has trained here since `restore`.
            OSError: the directory cannot be written, or the disk is too full.
        """
        import tensorflow as tf

        if self._state() != self._last_seen:
            raise TrainingError(
                f"Another process trained in '{self.path}' since this one "
                "read its last checkpoint. Start again to go on from there."
            )
        require_room(self.path, run_bytes(keep, num_bytes))
        self._remove_leftovers()
        self._manager = tf.train.CheckpointManager(
            checkpoint, self._checkpoints, keep
        )
        self._settings.write(settings)
        self._last_seen = self._state()

    def save(self) -> None:
        """Saves a checkpoint."""
        with writing(self._checkpoints):
            self._manager.save()
        sync(self._checkpoints)
        upload_changes(self.path)
        self._last_seen = self._state()

    def _state(self) -> tuple[str | None, str | None]:
        """Returns what another run changes: settings and last checkpoint."""
        file = self.path / TRAINING_FILE
        return file.read_text() if file.exists() else None, self._latest()

    def _remove_leftovers(self) -> None:
        """Removes unfinished files of killed processes; checkpoints stay."""
        import tensorflow as tf

        for directory in (self.path, self.best, self.failed):
            remove_partial(directory)
        state = tf.train.get_checkpoint_state(self._checkpoints)
        listed = state.all_model_checkpoint_paths if state else ()
        names = {os.path.basename(path) for path in listed}
        for path in pathlib.Path(self._checkpoints).glob("*"):
            match = _OF_CHECKPOINT.fullmatch(path.name)
            if match and match[1] not in names:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _latest(self) -> str | None:
        try:
            return latest_checkpoint(self._checkpoints)
        except ValueError as error:
            raise TrainingError(f"Cannot go on: {error}") from error


def run_bytes(keep: int, checkpoint_bytes: int) -> int:
    """Returns the most bytes that a run's directory takes, logs included."""
    # Room for one more checkpoint, for the best and for the failed model.
    return (keep + 3) * checkpoint_bytes + ROOM_FOR_LOGS
