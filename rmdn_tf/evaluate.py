"""Scores models, or maps of any tool, beside the baselines.

rmdn evaluate --data_dir data/demo --model default --output_dir results
rmdn evaluate --data_dir data/demo --model runs/demo-small
rmdn evaluate --data_dir data/dhf1k --split validation \\
    --protocol dhf1k --maps UNISAL=results/unisal --output_dir results
"""

import dataclasses
import math
import pathlib
import re
from typing import TYPE_CHECKING

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.data.prepared_dataset import damage_named, load_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.evaluation.choices import (
    EXTRAS,
    MEANS,
    MISSING_MAPS,
    PROTOCOLS,
)
from rmdn_tf.evaluation.dataset_checks import (
    check_baseline,
    check_names,
    refuse_scored_videos,
    require_fixations,
    require_other_videos,
    require_tuning_split,
    videos_of,
)
from rmdn_tf.evaluation.flag_values import (
    parse_blur,
    parse_first_frame,
    parse_size,
)
from rmdn_tf.files.file_systems import is_local, require_utf8
from rmdn_tf.files.mirror import mirrored
from rmdn_tf.files.published import require_writable_directory
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.runs.early_model import require_same_stride
from rmdn_tf.runs.paths import MODEL_HELP, require_model

if TYPE_CHECKING:
    from rmdn_tf.engines.tasks import Run
    from rmdn_tf.evaluation.map_directory import MapDirectory
    from rmdn_tf.evaluation.split_evaluation import SplitEvaluation


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The dataset, the models and how to score them:"""

    data_dir: str = setting(help="Directory of a prepared dataset.")
    split: str = setting(
        "test", f"One of {', '.join(SPLITS)}, or several joined by +."
    )
    model: tuple[str, ...] = setting(
        (),
        "[NAME=]PATH of a model, or of a checkpoint of a run. May be given "
        "several times. `default` is the model that comes with the package. "
        f"{MODEL_HELP}",
    )
    maps: tuple[str, ...] = setting(
        (),
        "[NAME=]DIR with maps of any tool: DIR/VIDEO/0001.png, or JPEG, .npy, "
        ".npz or .mat; or one array or grey video of all frames, "
        "DIR/VIDEO.mp4. May be given several times.",
    )
    first_frame: str = setting(
        "1",
        "Number in the name of a video's first map, such as 0; or `any`, if "
        "the maps of each video, sorted by number, are its frames.",
    )
    map_folder: str | None = setting(
        None, "Folder that holds the maps of each video, DIR/VIDEO/FOLDER."
    )
    missing_maps: str = setting(
        "uniform",
        "What a frame with a missing or black map counts as: the uniform "
        "density, nothing (skip), or an error.",
        MISSING_MAPS,
    )
    check_maps: bool = setting(
        True,
        "Refuse maps that do not fit their video: more maps than frames, maps "
        "that end early, or swapped width and height.",
    )
    uniform_share: float = setting(
        0.0,
        "Share of a uniform density to mix into --maps. Maps of 8 bits have "
        "many pixels without probability, which make their bits -inf.",
    )
    protocol: str = setting(
        "exact",
        "How maps are scored: by the definitions of the metrics (exact), also "
        "against the true density of the paper (paper), or as the code of a "
        "benchmark does it: mit, dhf1k, ntire2026, crowdsal, unisal, or msu, "
        "which also gives scores of maps fitted to the truth of the test set.",
        PROTOCOLS,
    )
    size: str | None = setting(
        None,
        "Size at which maps are compared, HEIGHTxWIDTH or 'original'.",
        default_text="the protocol's",
    )
    pixels_per_degree: float = setting(
        33.0, "Pixels of the observers' screen per degree of the visual field."
    )
    screen_width: float = setting(
        1280.0, "Width of the video on that screen, in pixels."
    )
    mean: str | None = setting(
        None,
        "What has the same weight in a mean.",
        MEANS,
        default_text="the protocol's",
    )
    baseline: str = setting(
        "TCB",
        "Predictor to compare the others with, in differences and information "
        "gain.",
        default_text="TCB, the trained centre bias",
    )
    tcb_data_dir: str | None = setting(
        None,
        "Prepared dataset whose gaze the trained centre is fitted to.",
        default_text="that of --data_dir",
    )
    human_blur: str | None = setting(
        None,
        "SIGMA:SHARE, the standard deviation of the observers' blur as a share "
        "of the width, and its uniform share, such as 0.03:0.1. The same blur "
        "makes the `human` rows of two evaluations comparable.",
        default_text="those that predict best on videos that are not scored",
    )
    extra: tuple[str, ...] = setting(
        (), "Further baselines, which take more time.", EXTRAS
    )
    optimal_maps: bool = setting(
        False,
        "Also score each density on the best map for each metric, which is "
        "made of the density; see docs/metrics.md.",
    )
    output_dir: str | None = setting(
        None,
        "Directory of the results.",
        default_text="with one model alone, its directory",
    )

    def __post_init__(self) -> None:
        sizes = self.pixels_per_degree, self.screen_width
        if not all(0 < size < math.inf for size in sizes):
            raise ValueError(
                "Invalid `pixels_per_degree` or `screen_width`. Expected "
                f"positive numbers. Received: {self.pixels_per_degree} and "
                f"{self.screen_width}."
            )
        if not 0 <= self.uniform_share < 1:
            raise ValueError(
                "Invalid `uniform_share`. Expected a number from 0 to less "
                f"than 1. Received: uniform_share={self.uniform_share}."
            )


def _named(text: str, default: str) -> tuple[str, str]:
    """Splits NAME=PATH into name and path."""
    match = re.fullmatch(r"([^=/]+)=(.+)", text)
    return (match[1], match[2]) if match else (default, text)


def _choose_output_dir(options: Options) -> str:
    if options.output_dir:
        return options.output_dir
    if len(options.model) == 1 and not options.maps:
        path = pathlib.Path(_named(options.model[0], "")[1])
        if path.is_dir():
            return str(path)
        require_model(path)
    raise ValueError(
        "Missing --output_dir. It may be left out only with one model in a "
        "directory, and without maps."
    )


def _find_maps(
    options: Options, evaluation: "SplitEvaluation"
) -> list[tuple[str, str, "MapDirectory"]]:
    """Finds all maps, and prints what was found, a line for each model."""
    from rmdn_tf.evaluation.map_directory import MapDirectory

    found = []
    for name, path in (_named(text, "maps") for text in options.maps):
        directory = MapDirectory(
            path,
            parse_first_frame(options.first_frame),
            map_folder=options.map_folder,
            missing=options.missing_maps,
            check=options.check_maps,
        )
        print(f"{name}: {evaluation.survey(directory)}")
        found.append((name, path, directory))
    return found


def _collect(options: Options, run: "Run") -> "SplitEvaluation":
    """Loads all models and maps."""
    from rmdn_tf.evaluation.split_baselines import Settings
    from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
    from rmdn_tf.runs.shared_model import SharedModel

    models = [
        (name, path, SharedModel(path))
        for name, path in (_named(text, "model") for text in options.model)
    ]
    settings = Settings(
        options.protocol,
        parse_size(options.size),
        options.pixels_per_degree / options.screen_width,
        options.baseline,
        options.extra,
        tcb_data_dir=options.tcb_data_dir,
        human_blur=parse_blur(options.human_blur),
        optimal_maps=options.optimal_maps,
    )
    evaluation = SplitEvaluation(options.data_dir, options.split, settings, run)
    # Before any network runs: maps that do not fit end the evaluation.
    maps = _find_maps(options, evaluation)
    for name, path, model in models:
        evaluation.add_model(name, model, model.clip_stride)
        evaluation.about[f"{name}_path"] = shown(path)
    for name, path, directory in maps:
        evaluation.add_maps(name, directory, options.uniform_share)
        evaluation.about[f"{name}_path"] = shown(path)
    return evaluation


@command(__doc__, Options, EngineSettings)
def main(line: CommandLine) -> None:
    """Scores models and maps."""
    options = line.read(Options)
    engine_settings = line.read(EngineSettings)
    # Refuse invalid flags before any work.
    parse_size(options.size)
    parse_first_frame(options.first_frame)
    parse_blur(options.human_blur)
    output_dir = _choose_output_dir(options)
    maps = [_named(text, "maps")[1] for text in options.maps]
    require_utf8(output_dir)
    refuse_overwriting(  # A model's directory may also take its results.
        {
            "--data_dir": options.data_dir,
            "--tcb_data_dir": options.tcb_data_dir,
            "--maps": maps,
        },
        {"--output_dir": output_dir},
    )
    _check(options, output_dir)
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.reports.split_report import same_sums

    read = (options.data_dir, options.tcb_data_dir or options.data_dir)
    with damage_named(*read):
        same_sums(_evaluate)(options, engine_settings, output_dir)


def _check(options: Options, output_dir: str) -> None:
    """Refuses invalid settings before the seconds that TensorFlow takes."""
    models = [_named(text, "model") for text in options.model]
    maps = [_named(text, "maps") for text in options.maps]
    names = [name for name, _ in (*models, *maps)]
    require_writable_directory(output_dir)
    info = load_dataset_info(options.data_dir)
    require_fixations(info, options.data_dir, options.split)
    require_tuning_split(info, options.split, options.protocol)
    check_names(names, options.extra)
    check_baseline(options.baseline, names, options.extra)
    if options.tcb_data_dir:
        scored = videos_of(info, options.split)
        refuse_scored_videos(options.tcb_data_dir, info, scored)
    else:
        require_other_videos(info, options.split)
    require_same_stride(dict(models))
    for _, path in maps:
        if is_local(path) and not pathlib.Path(path).is_dir():
            raise NotADirectoryError(
                f"Missing directory of maps '{path}'. Expected --maps "
                "[NAME=]DIR."
            )


def _evaluate(
    options: Options, engine_settings: EngineSettings, output_dir: str
) -> None:
    """Scores all models and maps, and writes the results."""
    from rmdn_tf.engines.opening import engine
    from rmdn_tf.reports.split_report import write_results

    is_spread = engine_settings.cluster or engine_settings.runner
    if is_spread and not is_local(output_dir):
        raise UsageError(
            "Invalid --output_dir. Expected a folder that all machines of "
            f"the cluster see. Received: {shown(output_dir)}."
        )
    if is_spread:
        pathlib.Path(output_dir).mkdir(parents=True, exist_ok=True)
    with (
        mirrored(output_dir, reads=False) as local,
        engine(engine_settings, local) as run,
    ):
        write_results(
            _collect(options, run),
            options.split,
            local,
            options.mean,
            options.baseline,
        )


if __name__ == "__main__":
    start(main)
