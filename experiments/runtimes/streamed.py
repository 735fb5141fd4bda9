"""Runs networks through the stored frames of a dataset, once."""

import os
import pathlib
from collections.abc import Mapping

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import rmdn_tf
from experiments.spatial.folds import SIZE
from experiments.spatial.maps import has_maps, make_maps, write_maps
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.evaluation.predictors import MixtureNetwork
from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.prediction.attention_model import AttentionModel

# Clips of a window: few, since the last window of a video is filled up.
NUM_CLIPS = 20


class Streamed:
    """Gives the mixtures of `ordered_windows` by a stream, video by video.

    Call arguments:
        batch: the next batch, of one row.

    Attributes:
        parameters: video -> float32 `[C, 6]` of each clip so far, in order.
    """

    def __init__(self, model: AttentionModel):
        self._stride = model.config.clip_stride
        self._stream = ClipStream(model.network, self._stride)
        self.parameters: dict[str, list[np.ndarray]] = {}

    def __call__(self, batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
        frames = batch["frames"][0].numpy()
        if batch["is_first"][0]:
            self._stream.reset()
            frames = frames[CONTEXT:]
        else:  # Also the frames after the last clip's end.
            frames = frames[CONTEXT + 1 - self._stride :]
        parameters = self._stream(frames)
        number = int(np.count_nonzero(batch["frame_mask"][0]))
        valid = parameters[: -(-number // self._stride)]
        video = batch["video_id"][0].numpy().decode()
        self.parameters.setdefault(video, []).extend(valid)
        return tf.constant(parameters[None])


def stream_dataset(
    path: str | os.PathLike,
    data_dir: pathlib.Path,
    split: str,
    directory: pathlib.Path,
    name: str,
    precision: str = "float32",
) -> None:
    """Streams a split; stores `parameters/NAME` and `maps/NAME`, by video.

    Args:
        path: of `rmdn_tf.load`.
        data_dir: a prepared dataset.
        split: as in `read_videos`.
        directory: holds what is stored; a stored video does not run again.
        name: of the network.
        precision: of `rmdn_tf.load`.
    """
    videos: dict[str, Video] = read_videos(data_dir, split)
    places = [directory / kind / name for kind in ("parameters", "maps")]
    if all(has_maps(place, [*videos]) for place in places):
        return
    model = rmdn_tf.load(path, precision)
    stride = model.config.clip_stride
    window = Window(CONTEXT + 1 + (NUM_CLIPS - 1) * stride, stride)
    streamed = Streamed(model)
    maps = make_maps(
        ordered_windows(data_dir, split, batch_size=1, window=window),
        videos,
        MixtureNetwork(streamed, stride),
        SIZE,
    )
    write_maps(
        places[0],
        {video: np.stack(all_) for video, all_ in streamed.parameters.items()},
    )
    write_maps(places[1], maps)
