"""Predicts where people look in a video.

rmdn predict --video IN.mp4 --output OUT.mp4
rmdn predict --video 0 --output camera.mkv    # until Ctrl-C
rmdn predict --video IN.mp4 --maps MAPS --parameters OUT.npz
rmdn predict --video IN.mp4 --summary OUT.csv --start 60 --end 90
rmdn predict --video FOLDER --output OUT_FOLDER
rmdn predict --video IN.mp4 --output OUT.mp4 \\
    --server grpc://localhost:8500
"""

import dataclasses
import functools
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rmdn_tf.commands.command import UNREADABLE, command, start
from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.wording import counted
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.files.file_systems import require_utf8
from rmdn_tf.prediction.batch_plan import (
    NAME,
    Job,
    check_jobs,
    folder_of,
    plan,
)
from rmdn_tf.prediction.batch_result import BatchResult, told
from rmdn_tf.prediction.checks import (
    check_inputs,
    check_model,
    check_outputs,
    require_output_format,
)
from rmdn_tf.prediction.libraries import import_libraries
from rmdn_tf.prediction.settings import (
    DrawingSettings,
    NetworkSettings,
    NumberSettings,
    is_bfloat16,
    model_setting,
    require_suffix,
)
from rmdn_tf.prediction.video_names import named_videos
from rmdn_tf.runtimes.formats import no_bfloat16
from rmdn_tf.video.sources import require_present

if TYPE_CHECKING:
    from rmdn_tf.prediction.attention_model import AttentionModel


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The video and the model:"""

    video: tuple[str, ...] = setting(
        help="A video or picture, rtsp://..., or the number of a camera. "
        "Several videos, or a folder of videos, need folders as outputs, or "
        "paths with {name}."
    )
    model: str = model_setting()
    server: str | None = setting(
        None,
        "URL of a TensorFlow Serving that runs the network, grpc://HOST:8500 "
        "or http://HOST:8501. --model is the model's name there.",
    )


@command(
    __doc__,
    Options,
    NetworkSettings,
    DrawingSettings,
    NumberSettings,
    EngineSettings,
)
def main(line: CommandLine) -> int:
    """Predicts videos."""
    options = line.read(Options)
    network = line.read(NetworkSettings)
    drawing = line.read(DrawingSettings)
    numbers = line.read(NumberSettings)
    model_path = None if options.server else options.model
    if options.server and is_bfloat16(network.precision):
        raise no_bfloat16("a model on a server", options.server)
    jobs, num_others = _jobs(options.video, drawing, numbers)
    is_single = num_others is None
    if is_single:
        inputs = {"--video": jobs[0].video, "--model": model_path}
        check_outputs(inputs, jobs[0].files, {"--maps": numbers.maps})
        require_present(jobs[0].video)
    else:
        check_jobs(jobs, options.video, model_path)
    _check_formats(jobs[0])
    if is_single:
        drawing.overlay()  # Refuses an invalid drawing before any work.
        check_inputs(jobs[0].video, model_path, network)
        # Here, since it takes seconds.
        import_libraries(model_path, precision=network.precision)
        model = _loader(options, network)()
        _predict_one(model, network, jobs[0], model_path)
        return 0
    if model_path:
        check_model(model_path, network)
    result, folder = BatchResult(), folder_of(drawing, numbers)
    result.leave_out_missing(jobs)
    if len(result.unreadable) < len(jobs):
        _predict_several(
            options, network, line.read(EngineSettings), folder, jobs, result
        )
    print(told(result, folder, num_others or 0))
    return UNREADABLE if result.unreadable else 0


def _loader(
    options: Options, network: NetworkSettings
) -> "Callable[[], AttentionModel]":
    from rmdn_tf.serving.models import model_of_process

    return functools.partial(
        model_of_process, options.model, options.server, network.precision
    )


def _predict_one(
    model: "AttentionModel",
    network: NetworkSettings,
    job: Job,
    model_path: str | None,
) -> None:
    from rmdn_tf.prediction.video_prediction import VideoPrediction

    prediction = VideoPrediction(
        model, job.video, network, job.drawing, job.numbers, model_path
    )
    outputs = ", ".join(job.outputs.values())
    print(f"{counted(prediction.run(), 'frame')}: {outputs}")


def _predict_several(
    options: Options,
    network: NetworkSettings,
    engine_settings: EngineSettings,
    folder: str,
    jobs: Sequence[Job],
    result: BatchResult,
) -> None:
    jobs[0].drawing.overlay()  # Refuses an invalid drawing before any work.
    model_path = None if options.server else options.model
    # Here, since it takes seconds.
    import_libraries(model_path, precision=network.precision)
    from rmdn_tf.engines.opening import engine
    from rmdn_tf.prediction.batch import Batch

    batch = Batch(_loader(options, network), network, folder, model_path)
    with engine(engine_settings, folder) as run:
        batch.run(jobs, result, run)


def _jobs(
    videos: Sequence[str], drawing: DrawingSettings, numbers: NumberSettings
) -> tuple[list[Job], int | None]:
    """Returns the videos with their outputs, and the number of other files.

    That number is None for a single video, whose outputs are files.
    """
    single = Job("", videos[0], drawing, numbers)
    if not single.outputs:
        raise UsageError(
            "Nothing to write: --output, --maps, --parameters or --summary."
        )
    has_name = any(NAME in path for path in single.outputs.values())
    if not has_name and len(videos) == 1 and not os.path.isdir(videos[0]):
        return [single], None
    named, others = named_videos(videos)
    return plan(named, drawing, numbers), len(others)


def _check_formats(job: Job) -> None:
    """Makes sure that the formats of the outputs are known."""
    if job.numbers.maps:
        require_utf8(job.numbers.maps)
    if job.numbers.parameters:
        require_suffix(job.numbers.parameters)
    if job.numbers.summary:
        require_suffix(job.numbers.summary, (".csv",), "summary")
    if job.drawing.output:
        require_output_format(job.drawing.output)


if __name__ == "__main__":
    start(main)
