"""Compares videos with their reference where people look.

rmdn quality --reference A.mp4 --video B.mp4
rmdn quality --reference A.mp4 --video B1.mp4 B2.mp4 --output OUT.csv \\
    --json OUT.json --plot OUT.png
rmdn quality --reference A.png --video B.jpg
"""

from rmdn_tf.applications.quality.settings import (
    QualityOutputs,
    QualitySettings,
)
from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.files.safe_names import Paths
from rmdn_tf.prediction.checks import check_inputs, check_outputs
from rmdn_tf.prediction.libraries import import_libraries
from rmdn_tf.prediction.settings import NetworkSettings


@command(__doc__, QualitySettings, NetworkSettings, QualityOutputs)
def main(line: CommandLine) -> None:
    """Compares videos."""
    options = line.read(QualitySettings)
    network = line.read(NetworkSettings)
    outputs = line.read(QualityOutputs)
    inputs: dict[str, Paths] = {
        "--reference": options.reference,
        "--video": options.video,
        "--model": options.model,
    }
    check_outputs(inputs, outputs.files())
    outputs.check_suffixes()
    for path in (options.reference, *options.video):
        check_inputs(path, options.model, network)
    if not (options.scale or network.start):
        # Here, so that help comes at once.
        from rmdn_tf.applications.quality.sizes import require_same_sizes

        require_same_sizes(options.reference, options.video)
    # Here, since it takes seconds.
    import_libraries(options.model, precision=network.precision)
    from rmdn_tf.applications.quality import plot, report
    from rmdn_tf.applications.quality.comparison import compare
    from rmdn_tf.prediction.attention_model import load

    videos = compare(
        load(options.model, network.precision),
        options.reference,
        options.video,
        network,
        scale=options.scale,
        offset=options.offset,
    )
    if outputs.output:
        report.write_frames(videos, outputs.output)
    if outputs.json:
        report.write_summary(
            videos, options.reference, options.model, outputs.json
        )
    if outputs.plot:
        plot.write_plot(videos, outputs.plot)
    print(report.format_table(videos))


if __name__ == "__main__":
    start(main)
