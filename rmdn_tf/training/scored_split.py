"""Chooses the split that a trained model is scored on."""

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.training.trainer import Trainer


def split_to_score(info: DatasetInfo, train_split: str) -> str | None:
    """Returns the split to score a model on, "test" or "validation".

    It has fixations and is not one of `train_split`, joined by "+"; None if no
    such split is left. "test" comes first.
    """
    held_out = {"test", "validation"} - set(train_split.split("+"))
    return min((s for s in held_out if has_fixations(info, s)), default=None)


def describe_splits(trainer: Trainer, split: str | None) -> str:
    """Returns lines that tell which splits have no fixations."""
    lines = []
    if trainer.config.validates and not trainer.validates:
        lines.append(
            "No video of the split 'validation' has a fixation: all epochs "
            "will run, and the model of the last one is kept."
        )
    if split is None:
        lines.append(
            "No held-out split has a fixation: the model will be exported "
            "without scores."
        )
    elif split != "test":
        lines.append(
            "No video of the split 'test' has a fixation: the model will be "
            f"scored on '{split}', the split that chooses the best epoch."
        )
    return "".join(f"{line}\n" for line in lines)
