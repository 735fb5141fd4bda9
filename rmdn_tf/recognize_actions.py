"""Recognizes actions in videos by where people look.

rmdn recognize-actions --dataset hollywood2 --c3d_weights FILE
rmdn recognize-actions --dataset ucf101 --c3d_weights FILE
rmdn recognize-actions --dataset folder --folds 5 \\
    --network efficientnet_lite0
rmdn recognize-actions --predict IN.mp4 \\
    --recognizer runs/folder-actions

Pools descriptors of clips, plain and weighted by attention, over each video;
linear SVMs recognize the actions. To continue an interrupted training, run the
same command again.
"""

import dataclasses
import os

from rmdn_tf.action_recognition.settings import (
    AttentionSettings,
    EncoderSettings,
    TaskSettings,
)
from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.data.prepared_dataset import load_dataset_info
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.files.published import require_writable
from rmdn_tf.files.safe_names import refuse_overwriting

# Flags for a recognizer's files that were moved.
MOVED = ("network", "c3d_weights", "attention_model")


@dataclasses.dataclass(frozen=True)
class Options:
    """Either train and score a recognizer, or use one:"""

    dataset: str | None = setting(
        None, "Name of a prepared dataset to train and score on."
    )
    predict: tuple[str, ...] = setting((), "Video files to recognize.")


@dataclasses.dataclass(frozen=True)
class PredictionOptions:
    """With --predict:"""

    recognizer: str = setting(
        "", "Directory of the recognizer: --output_dir of its training."
    )
    output: str | None = setting(
        None, "CSV table of all scores, a row for each video."
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class DescriptorEngine(EngineSettings):
    """Where descriptors are computed, shard by shard:"""


SETTINGS = (TaskSettings, EncoderSettings, AttentionSettings, DescriptorEngine)


@command(__doc__, Options, *SETTINGS, PredictionOptions)
def main(line: CommandLine) -> None:
    """Trains a recognizer, or recognizes videos."""
    options, prediction = line.read(Options), line.read(PredictionOptions)
    task, encoder = line.read(TaskSettings), line.read(EncoderSettings)
    attention = line.read(AttentionSettings)
    _check(line, options, prediction)
    if options.dataset:
        name = options.dataset
        task = dataclasses.replace(
            task,
            data_dir=task.data_dir or os.path.join("data", name),
            output_dir=task.output_dir
            or os.path.join("runs", f"{name}-actions"),
        )
        _refuse_overwriting(options, prediction, task, encoder, attention)
        load_dataset_info(task.data_dir)
        import_tensorflow()  # Here, since it takes seconds.
        from rmdn_tf.action_recognition.recognizer_training import (
            RecognizerTraining,
        )

        RecognizerTraining(
            name, task, encoder, attention, line.read(DescriptorEngine)
        ).run()
    else:
        _refuse_overwriting(options, prediction, task, encoder, attention)
        _predict(options.predict, prediction, encoder, attention)


def _check(
    line: CommandLine, options: Options, prediction: PredictionOptions
) -> None:
    """Refuses flags that would be ignored, or would fail only at the end."""
    if bool(options.dataset) == bool(options.predict):
        raise UsageError("Expected either --dataset or --predict.")
    if options.predict and not prediction.recognizer:
        raise UsageError("Missing --recognizer, which --predict needs.")
    kinds = SETTINGS if options.predict else (PredictionOptions,)
    mode = "--predict" if options.predict else "--dataset"
    for name in {name for kind in kinds for name in line.given(kind)}:
        if not options.predict or name not in MOVED:
            raise UsageError(f"--{name} has no meaning with {mode}.")
    if prediction.output:
        require_writable(prediction.output)


def _refuse_overwriting(
    options: Options,
    prediction: PredictionOptions,
    task: TaskSettings,
    encoder: EncoderSettings,
    attention: AttentionSettings,
) -> None:
    refuse_overwriting(
        inputs={
            "--data_dir": task.data_dir,
            "--folds": task.folds,
            "--network": encoder.network,
            "--c3d_weights": encoder.c3d_weights,
            "--attention_model": attention.attention_model,
            "--tcb_data_dir": attention.tcb_data_dir,
            "--predict": options.predict,
            "--recognizer": prediction.recognizer,
        },
        outputs={
            "--output_dir": task.output_dir,
            "--output": prediction.output,
        },
    )


def _predict(
    paths: tuple[str, ...],
    options: PredictionOptions,
    encoder: EncoderSettings,
    attention: AttentionSettings,
) -> None:
    """Prints the five most likely actions of each video."""
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.action_recognition.recognizer import load_recognizer
    from rmdn_tf.files.csv_tables import write_table

    moved = {
        "network": encoder.network,
        "c3d_weights": encoder.c3d_weights,
        "model": attention.attention_model,
    }
    recognizer = load_recognizer(
        options.recognizer, {k: v for k, v in moved.items() if v is not None}
    )
    classes = recognizer.classifier.classes
    rows: list[list[str | float]] = []
    failed = []
    for path in paths:
        try:
            scores = recognizer.scores(path)
        except ValueError as error:  # The other videos may be valid.
            failed.append(str(error))
            continue
        rows.append([path, *map(float, scores)])
        best = sorted(zip(scores, classes, strict=True), reverse=True)[:5]
        told = ", ".join(f"{name} {value:+.2f}" for value, name in best)
        print(f"{path}: {told}", flush=True)
    if options.output:
        write_table(options.output, [["video", *classes], *rows])
    if failed:
        raise ValueError("\nError: ".join(failed))


if __name__ == "__main__":
    start(main)
