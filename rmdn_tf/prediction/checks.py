"""Checks of the paths of a command, before long work."""

import os
from collections.abc import Mapping

from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.published import require_writable
from rmdn_tf.files.safe_names import Paths, refuse_overwriting
from rmdn_tf.prediction.settings import NetworkSettings, is_bfloat16
from rmdn_tf.runs.paths import (
    model_directory,
    require_bfloat16,
    require_model,
)
from rmdn_tf.video.sources import find_source, require_present

DEFAULT_NETWORK = NetworkSettings()


def check_outputs(
    inputs: Mapping[str, Paths],
    files: Mapping[str, str | None],
    folders: Mapping[str, str | None] | None = None,
) -> None:
    """Makes sure that outputs can be written and overwrite no input.

    Args:
        inputs: flag -> path that the command reads, several of them, or None.
            That of `--model` is the path of a model.
        files: flag -> path of a file to write, or None.
        folders: flag -> path of a folder to write, or None.

    Raises:
        ValueError: two paths are the same, or an output is not on this machine.
        OSError: an output cannot be written.
    """
    read, model = dict(inputs), inputs.get("--model")
    if isinstance(model, str | os.PathLike) and model:
        read["--model"] = model_directory(model)
    outputs = {**files, **(folders or {})}
    refuse_overwriting(read, outputs)
    for option, path in outputs.items():
        if path and not is_local(path):
            raise ValueError(
                f"Invalid {option}. Expected a path of this machine. "
                f"Received: '{path}'."
            )
    for path in filter(None, files.values()):
        require_writable(path)


def check_inputs(
    video: str,
    model: str | None,
    network: NetworkSettings = DEFAULT_NETWORK,
) -> None:
    """Makes sure that a video can be opened, and a model be loaded.

    Args:
        video: a file, a folder of pictures, a stream's address, or the number
            of a camera.
        model: path of a model; None if it is on a server.
        network: how the network will run.

    Raises:
        ValueError: the video is damaged, or the model does not compute in this
            precision.
        FileNotFoundError: the video or the model is missing.
    """
    require_present(video)
    require_start(video, network)
    if os.path.isdir(video) or os.path.isfile(video):  # No pipe or camera.
        # Here, so that help comes at once.
        from rmdn_tf.video.reader import VideoReader

        with VideoReader(video):
            pass
    if model:
        check_model(model, network)


def check_model(model: str, network: NetworkSettings) -> None:
    """Makes sure that a model exists, and computes in a precision.

    Args:
        model: path of a model.
        network: how the network will run.

    Raises:
        FileNotFoundError: the model is missing.
        ValueError: the model does not compute in this precision.
    """
    if is_bfloat16(network.precision):
        require_bfloat16(model)
    else:
        require_model(model)


def require_start(video: str | os.PathLike, network: NetworkSettings) -> None:
    """Makes sure that a video has the time at which to begin.

    Raises:
        ValueError: the video is live, and would begin later than at 0.
    """
    if network.start and find_source(os.fspath(video)).is_live:
        raise ValueError(
            "Invalid `start`. Expected 0 for a camera or a stream, which is "
            f"seen from now on. Received: start={network.start}."
        )


def require_output_format(path: str) -> None:
    """Makes sure that a video or picture can be written under a name.

    Raises:
        ValueError: FFmpeg knows no format of this name.
    """
    from rmdn_tf.video.formats import require_video_format
    from rmdn_tf.video.picture_names import is_picture_name

    if not is_picture_name(path):
        require_video_format(path)


def not_a_picture(video: str, output: str | None) -> ValueError:
    """Returns the error of a video whose output has the name of a picture."""
    return ValueError(
        "Invalid --output. Expected the name of a video, such as OUT.mp4, as "
        f"'{video}' is not a PNG, JPEG, WebP, BMP or TIFF file of one picture. "
        f"Received: '{output}', a picture. A map of each frame: --maps."
    )
