"""Reads what TensorBoard reads of a run."""

import pathlib

import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)


def read_events(folder: pathlib.Path) -> EventAccumulator:
    """Reads one folder of event files, all points of all curves."""
    return EventAccumulator(str(folder), {"tensors": 0}).Reload()


def curve(events: EventAccumulator, tag: str) -> dict[int, float]:
    """Returns step -> value."""
    return {
        event.step: float(tf.make_ndarray(event.tensor_proto))
        for event in events.Tensors(tag)
    }


def descriptions(events: EventAccumulator) -> dict[str, str]:
    """Returns tag -> description, of all but the tags of HPARAMS."""
    return {
        tag: events.SummaryMetadata(tag).summary_description
        for tag in events.Tags()["tensors"]
        if not tag.startswith("_hparams_")
    }
