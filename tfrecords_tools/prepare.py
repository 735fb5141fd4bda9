"""Prepares a raw dataset as TFRecord shards.

rmdn prepare --dataset video_database \\
    --raw_dir RAW --output_dir PREPARED
"""

import dataclasses
import os

from rmdn_tf.commands.command import UNREADABLE, command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.files.file_systems import is_local, require_file_system
from rmdn_tf.files.safe_names import refuse_overwriting
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.sources.settings import SourceSettings
from tfrecords_tools.trackers.options import GazeOptions


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What to write, and how:"""

    output_dir: str = setting(
        help="Directory of the shards, also s3://, gs://, az:// or hdfs://."
    )
    height: int = setting(128, "Height of the frames in pixels.")
    width: int = setting(171, "Width of the frames in pixels.")
    max_size: int | None = setting(
        None,
        "Longest side of the stored frames in pixels. They keep their aspect "
        "ratio, and training resizes them to --height and --width.",
    )
    jpeg_quality: int = setting(95, "JPEG quality of the frames, 1 to 100.")
    frames_per_second: float | None = setting(
        None, "Frame rate to store.", default_text="that of each video"
    )
    num_shards: int = setting(16, "Largest number of shards of a split.")
    limit: int | None = setting(
        None, "Largest number of videos of a split, for a trial."
    )
    strict: bool = setting(
        False, "Stop at the first video that cannot be read."
    )
    allow_missing_gaze: bool = setting(
        False, "Prepare the dataset even if hardly any gaze lies on its frames."
    )
    rehash: bool = setting(
        False,
        "Read all raw files again to compute their checksums. By default those "
        "of unchanged files are remembered.",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PreparationEngine(EngineSettings):
    """Where the shards are written:"""

    exclusive = ("cluster", "runner")

    workers: int | None = setting(
        None,
        "Number of processes on this machine. With --cluster or --runner they "
        "only take the checksums of the raw files.",
        default_text="one for each core",
    )


@command(__doc__, SourceSettings, GazeOptions, Options, PreparationEngine)
def main(line: CommandLine) -> int:
    """Prepares the dataset that the flags name."""
    source, options = line.read(SourceSettings), line.read(Options)
    engine_settings = line.read(PreparationEngine)
    refuse_overwriting(
        {
            "--raw_dir": source.raw_dir,
            "--gaze_csv": source.gaze_csv,
            "--splits_csv": source.splits_csv,
        },
        {"--output_dir": options.output_dir},
    )
    _require_present(source.raw_dir)
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.engines.opening import cluster
    from tfrecords_tools.shards.preparation import prepare, summary
    from tfrecords_tools.sources.registry import make_source

    size = (options.height, options.width)
    with cluster(engine_settings, options.output_dir) as run:
        info = prepare(
            make_source(source, size, line.read(GazeOptions)),
            options.output_dir,
            FrameFormat(
                size,
                options.max_size,
                options.frames_per_second,
                options.jpeg_quality,
            ),
            num_shards=options.num_shards,
            num_workers=engine_settings.workers,
            limit=options.limit,
            strict=options.strict,
            allow_missing_gaze=options.allow_missing_gaze,
            rehash=options.rehash,
            run=run,
        )
    print(summary(info))
    return UNREADABLE if info.unreadable else 0


def _require_present(folder: str | None) -> None:
    """Refuses a missing folder, before TensorFlow takes its seconds."""
    if not folder:
        return
    require_file_system(folder)
    if is_local(folder) and not os.path.exists(folder):
        raise FileNotFoundError(
            f"Unreadable folder '{folder}': No such file or directory."
        )


if __name__ == "__main__":
    start(main)
