"""Entry: anybody's video -> where people look, drawn over it and as numbers.

    python -m rmdn_tf.predict --video IN.mp4 --output OUT.mp4
    python -m rmdn_tf.predict --video 0 --output camera.mkv    # until Ctrl-C
    python -m rmdn_tf.predict --video IN.mp4 --maps MAPS --parameters OUT.npz
    python -m rmdn_tf.predict --video IN.mp4 --output OUT.mp4 \\
        --server grpc://localhost:8500

Every frame gets a density, from the first on; memory does not depend on the
length. Nothing appears under its name before it is whole.
"""

import argparse
import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tqdm import tqdm

from rmdn_tf.commands.plain_warnings import plain_warnings
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.prediction.attention_model import AttentionModel, load
from rmdn_tf.prediction.density_files import (
    DensityFile,
    OverlayFile,
    parameter_file,
)
from rmdn_tf.prediction.density_stream import MAX_WAITING_BYTES
from rmdn_tf.prediction.map_folder import MAP_FORMATS, made_of, map_folder
from rmdn_tf.prediction.overlay import STYLES, Overlay
from rmdn_tf.runs.loading import DEFAULT, model_directory
from rmdn_tf.serving.client import Client
from rmdn_tf.video.decoding import num_bytes
from rmdn_tf.video.drawing import COLORMAP
from rmdn_tf.video.read_ahead import read_ahead
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.writer import VideoWriter

MAX_CLIPS, MAX_FRAMES = 4, 32
"""Clips of a file that are run together, and frames that wait for them."""

AHEAD = MAX_FRAMES
"""Frames that lie ready between reading and the network, and between that and
drawing: as many as may come at once, so that none of the three stands still."""

AHEAD_BYTES = MAX_WAITING_BYTES
"""Memory of the frames that lie ready at each place: two frames of 8K."""


def predict(model: AttentionModel, options: argparse.Namespace) -> int:
    """Writes what `options` ask for; see `parse`.

    Args:
        model: the one that the options name.
        options: of `parse`.

    Returns:
        The number of frames.

    Raises:
        ValueError: an option or the video is invalid.
        OSError: a file cannot be read or written.
    """
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(
            VideoReader(options.video, with_sound=bool(options.output))
        )
        if reader.reads_other_files:
            _refuse_existing(reader, options)
        if reader.is_live:
            stack.enter_context(_stopped_by_signals(reader))
        streamed = _densities(stack, model, options, reader)
        files = None
        number = 0
        for frame, density in _progress(streamed, reader):
            if files is None:  # Now the size of the upright frame is known.
                files = _open_files(stack, options, reader, frame, density)
            number += 1
            for file in files:
                file.write(frame, frame.time, density)
    _report_damage(reader, number, options)
    return number


def _densities(stack, model, options, reader) -> Iterator[tuple]:
    """Frames with their densities; reading and the network run beside.

    When the stack ends their threads do, before the video is closed.
    """
    clip_stride = options.clip_stride or model.config.clip_stride
    is_live = reader.is_live
    densities = model.densities(
        clip_stride=clip_stride,
        interpolate=_interpolates(options, reader),
        reset_on_shots=options.reset_on_shots,
        clips_at_once=1 if is_live else clips_at_once(clip_stride),
    )
    moments = itertools.islice(model.moments(reader), options.num_frames)
    moments = read_ahead(
        moments,
        AHEAD,
        AHEAD_BYTES,
        lambda moment: num_bytes(moment.frame, moment.pixels),
    )
    stack.enter_context(contextlib.closing(moments))
    streamed = read_ahead(
        densities(moments),
        AHEAD,
        AHEAD_BYTES,
        lambda streamed: num_bytes(streamed[0]),
    )
    return stack.enter_context(contextlib.closing(streamed))


def clips_at_once(clip_stride: int) -> int:
    """How many clips of a file are run together."""
    return max(1, min(MAX_CLIPS, MAX_FRAMES // clip_stride))


def _interpolates(options, reader) -> bool:
    return not (options.hold or reader.is_live)


def _open_files(stack, options, reader, frame, density) -> list[DensityFile]:
    """Opens the outputs; they are published when the stack ends.

    The first frame tells its size, and how many components a clip has.
    """
    files = []
    if options.output:
        path = stack.enter_context(published(options.output))
        writer = stack.enter_context(VideoWriter(path, reader))
        overlay = Overlay(
            options.style,
            options.colormap,
            options.opacity,
            options.side_by_side,
        )
        files.append(
            OverlayFile(writer, overlay, options.fixations, options.seed)
        )
    if options.maps:
        size = options.map_size or (frame.height, frame.width)
        maps = map_folder(
            options.maps, size, options.map_format, _made_of(options, reader)
        )
        files.append(stack.enter_context(maps))
    if options.parameters:
        num_components = len(density.parameters)
        if _interpolates(options, reader):
            num_components *= 2
        table = parameter_file(options.parameters, num_components)
        files.append(stack.enter_context(table))
    return files


def _made_of(options, reader) -> dict | None:
    """Describes what maps depend on; None where nobody can tell: of cameras,
    streams, lists of files and servers."""
    if options.server or reader.is_live or reader.reads_other_files:
        return None
    names = ("clip_stride", "hold", "reset_on_shots", "num_frames")
    settings = {name: getattr(options, name) for name in names}
    return made_of(options.video, options.model, settings)


def _refuse_existing(reader: VideoReader, options) -> None:
    """Refuses outputs that a list of files may name as its input."""
    for option in ("output", "parameters"):
        path = getattr(options, option)
        if path and os.path.exists(path):
            raise ValueError(
                f"Invalid --{option}. Expected a path where no file is: "
                f"'{reader.name}' is not one file but names others, and this "
                f"may be one of them. Received: '{path}', which exists. "
                "Choose another path or remove the file."
            )


def _progress(streamed: Iterator[tuple], reader: VideoReader) -> tqdm:
    total = None if reader.is_live else reader.num_frames or None
    return tqdm(streamed, unit="frame", total=total, leave=False)


@contextlib.contextmanager
def _stopped_by_signals(reader: VideoReader):
    """Lets Ctrl-C end a video that has no end: the output so far is kept."""
    before = {
        number: signal.signal(number, lambda *_: reader.stop())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report_damage(reader: VideoReader, number: int, options) -> None:
    """Says what a player would hide."""
    if reader.num_damaged:
        print(
            f"Damaged video '{reader.name}': {reader.num_damaged} frames were "
            "not whole.",
            file=sys.stderr,
        )
    if number < reader.num_frames and not options.num_frames:
        print(
            f"'{reader.name}' announces {reader.num_frames} frames, "
            f"{number} could be shown: it may be cut short, or trimmed.",
            file=sys.stderr,
        )


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--model",
        default=DEFAULT,
        help="a run's directory, a SavedModel (a program: only one that you "
        "trust), or 'default'; with --server its name there",
    )
    add(
        "--server",
        metavar="URL",
        help="TensorFlow Serving, grpc://HOST:8500 or http://HOST:8501",
    )
    add(
        "--video",
        required=True,
        help="a file, rtsp://..., or the number of a camera",
    )
    add("--num_frames", type=int, help="stop after so many")
    _add_network(parser.add_argument_group("the network"))
    _add_drawing(parser.add_argument_group("the video written"))
    _add_numbers(parser.add_argument_group("numbers written"))
    options = parser.parse_args(arguments)
    _check(parser, options)
    return options


def _add_network(group) -> None:
    add = group.add_argument
    add(
        "--clip_stride",
        type=int,
        help="run it once every so many frames (default: as it was trained)",
    )
    add(
        "--hold",
        action="store_true",
        help="keep a density until the next one, do not go over to it; so is "
        "what is live",
    )
    add(
        "--reset_on_shots",
        action="store_true",
        help="begin anew where a shot does",
    )


def _add_drawing(group) -> None:
    add = group.add_argument
    add("--output", help="such as OUT.mp4; sound is kept")
    add("--style", choices=STYLES, default=STYLES[0], help="how it is drawn")
    add("--colormap", default=COLORMAP, help="of matplotlib")
    add("--opacity", type=float, default=0.7, help="0 to 1")
    add("--side_by_side", action="store_true", help="beside the plain video")
    add(
        "--fixations",
        type=int,
        default=0,
        metavar="N",
        help="draw N points of gaze, sampled in every frame",
    )
    add("--seed", type=int, default=0, help="of these points")


def _add_numbers(group) -> None:
    add = group.add_argument
    add("--maps", metavar="DIR", help="a saliency map a frame")
    add(
        "--map_format",
        choices=MAP_FORMATS,
        default=MAP_FORMATS[0],
        help="16 bits scaled to the peak, or float32 that sums to 1",
    )
    add(
        "--map_size",
        type=int,
        nargs=2,
        metavar=("H", "W"),
        help="of the maps (default: the video's)",
    )
    add(
        "--parameters",
        metavar="FILE",
        help="the mixtures, .csv or .npz",
    )


def _check(parser, options) -> None:
    if not (options.output or options.maps or options.parameters):
        parser.error("nothing to write: --output, --maps or --parameters")
    for name, least in (
        ("num_frames", 1),
        ("clip_stride", 1),
        ("fixations", 0),
    ):
        value = getattr(options, name)
        if value is not None and value < least:
            parser.error(f"--{name} is {value}, less than {least}")
    if options.map_size and min(options.map_size) < 1:
        parser.error("--map_size is less than a pixel")
    try:
        _check_paths(options)
    except ValueError as error:
        parser.error(str(error))


def _check_paths(options) -> None:
    """Refuses outputs that would replace an input or each other."""
    model = None if options.server else model_directory(options.model)
    refuse_overwriting(
        inputs={"--video": options.video, "--model": model},
        outputs={
            "--output": options.output,
            "--maps": options.maps,
            "--parameters": options.parameters,
        },
    )


@plain_warnings()
def main(arguments: list[str] | None = None) -> int:
    """Reads the command line; returns the exit code."""
    options = parse(arguments)
    try:
        with contextlib.ExitStack() as stack:
            if options.server:
                client = Client(options.server, options.model)
                model = stack.enter_context(client)
            else:
                model = load(options.model)
            number = predict(model, options)
    except (ImportError, OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    written = [options.output, options.maps, options.parameters]
    print(f"{number} frames: {', '.join(filter(None, written))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
