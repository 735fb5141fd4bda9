"""Exports a model as a SavedModel for TensorFlow Serving.

rmdn export --model runs/demo-small \\
    --output saved_models/demo-small

Writes `saved_models/demo-small/<version>/`.
"""

import dataclasses
import pathlib

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.runs.directory import BEST
from rmdn_tf.runs.paths import DEFAULT, default_directory, require_model


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The model and where to write it:"""

    model: str = setting(
        DEFAULT,
        "Directory of a run.",
        default_text="'default', the model in this package",
    )
    output: str = setting(
        help="Directory of the model's versions, such as saved_models/NAME."
    )


@command(__doc__, Options)
def main(line: CommandLine) -> None:
    """Exports a model."""
    options = line.read(Options)
    path = pathlib.Path(options.model)
    if options.model == DEFAULT:
        path = default_directory()
    best = path / BEST if (path / BEST).is_dir() else path
    run = path.parent if path.name == BEST else path
    refuse_overwriting({"--model": path}, {"--output": options.output})
    require_model(path)
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.model.saving import load_model
    from rmdn_tf.runs.run_facts import describe_run
    from rmdn_tf.serving.export import export

    version = export(*load_model(best), options.output, describe_run(run))
    print(f"SavedModel: {version}")


if __name__ == "__main__":
    start(main)
