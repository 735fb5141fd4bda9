"""Fits a trained model to your dataset, by a few numbers.

rmdn calibrate --data_dir data/mine --output runs/mine
rmdn calibrate --model runs/demo-small --data_dir data/mine \\
    --split validation --num_frames 400 --output runs/mine
rmdn calibrate --finetune --data_dir data/mine --output runs/mine

The numbers say how sharp the prediction is, how wide fixations scatter, and how
much people look at the centre. --finetune also trains the layers behind the
encoder. All other commands take the new model.
"""

import dataclasses

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.data.prepared_dataset import damage_named, load_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.evaluation.dataset_checks import require_fixations
from rmdn_tf.files.published import require_new_directory
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.runs.paths import DEFAULT, require_trained


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The model, the dataset and where to write the new model:"""

    model: str = setting(
        DEFAULT,
        "Directory of a run, or one of its checkpoints.",
        default_text="'default', the model in this package",
    )
    data_dir: str = setting(help="Directory of a prepared dataset.")
    split: str = setting(
        "train", f"One of {', '.join(SPLITS)}, or several joined by +."
    )
    num_frames: int = setting(
        200, "Number of frames to fit to, spread evenly over the videos."
    )
    finetune: bool = setting(
        False,
        "Also train the layers behind the encoder; written only if that is "
        "clearly better on videos that they did not learn from.",
    )
    output: str = setting(help="New directory of the calibrated model.")

    def __post_init__(self) -> None:
        if self.num_frames < 1:
            raise ValueError(
                "Invalid `num_frames`. Expected a positive integer. "
                f"Received: num_frames={self.num_frames}."
            )


@command(__doc__, Options)
def main(line: CommandLine) -> None:
    """Calibrates a model."""
    options = line.read(Options)
    # Refuse invalid flags before any work.
    refuse_overwriting(
        {"--model": options.model, "--data_dir": options.data_dir},
        {"--output": options.output},
    )
    require_new_directory(options.output)
    require_trained(options.model)
    info = load_dataset_info(options.data_dir)
    require_fixations(info, options.data_dir, options.split)
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.calibration.calibrating import calibrate
    from rmdn_tf.calibration.report import describe

    with damage_named(options.data_dir):
        facts = calibrate(
            options.model,
            options.data_dir,
            options.output,
            split=options.split,
            num_frames=options.num_frames,
            finetune=options.finetune,
        )
    print(describe(facts))
    print(f"model: {options.output}")


if __name__ == "__main__":
    start(main)
