"""Compresses a video, with more bits where people look.

rmdn compress --video IN.mp4 --output OUT.mp4
rmdn compress --video IN.mp4 --output OUT.mp4 --codec libx265 --quality 30
rmdn compress --video IN.mp4 --output OUT.webm --codec libsvtav1 --bitrate 800
rmdn compress --video IN.mp4 --map OUT.txt --map_format kvazaar
"""

from rmdn_tf.applications.compress.encoders import ENCODERS
from rmdn_tf.applications.compress.settings import CompressionSettings
from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.wording import counted
from rmdn_tf.prediction.checks import check_inputs, check_outputs
from rmdn_tf.prediction.libraries import import_libraries
from rmdn_tf.prediction.settings import InputSettings, NetworkSettings


@command(__doc__, InputSettings, CompressionSettings, NetworkSettings)
def main(line: CommandLine) -> None:
    """Compresses a video."""
    source = line.read(InputSettings)
    settings = line.read(CompressionSettings)
    network = line.read(NetworkSettings)
    files = {"--output": settings.output, "--map": settings.map}
    if not any(files.values()):
        raise UsageError("Nothing to write: --output or --map.")
    check_outputs({"--video": source.video, "--model": source.model}, files)
    if settings.output:
        # Here, so that help comes at once.
        from rmdn_tf.video.formats import require_video_format

        require_video_format(settings.output, settings.codec, tuple(ENCODERS))
    check_inputs(source.video, source.model, network)
    # Here, since it takes seconds.
    import_libraries(source.model, precision=network.precision)
    from rmdn_tf.applications.compress.compression import Compression
    from rmdn_tf.applications.compress.even_model import even_model
    from rmdn_tf.applications.compress.result import told_size
    from rmdn_tf.prediction.attention_model import load

    model = (
        load(source.model, network.precision)
        if settings.strength
        else even_model()
    )
    number = Compression(model, source.video, network, settings).run()
    told = [settings.map] if settings.map else []
    if settings.output:
        before = source.video if network.is_whole else None
        told.insert(0, told_size(settings.output, before))
    print(f"{counted(number, 'frame')}: {', '.join(told)}")


if __name__ == "__main__":
    start(main)
