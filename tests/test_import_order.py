"""Imports go one way, along the data; the rules are those of the design."""

import ast
import graphlib
import pathlib

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]

# Reading order: a module may import modules above it only, and of those only
# the ones it names here. A new module has to find its place.
MAY_IMPORT = {
    "rmdn_tf.file_systems": "",
    "rmdn_tf.records": "rmdn_tf.file_systems",
    "rmdn_tf.windows": "",
    "rmdn_tf.published_files": "",
    "rmdn_tf.disk_space": "",
    "rmdn_tf.video_file": "",
    # Raw data -> shards.
    "tfrecords_tools": "",
    "tfrecords_tools.raw_video": "rmdn_tf.records",
    "tfrecords_tools.video": """
        rmdn_tf.records rmdn_tf.video_file tfrecords_tools.raw_video""",
    "tfrecords_tools.gaze": "rmdn_tf.records",
    "tfrecords_tools.frame_folders": """
        rmdn_tf.records tfrecords_tools.raw_video""",
    "tfrecords_tools.gaze_text": "tfrecords_tools.raw_video",
    "tfrecords_tools.actions_in_the_eye": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video
        tfrecords_tools.gaze tfrecords_tools.gaze_text""",
    "tfrecords_tools.watched_actions": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video
        tfrecords_tools.frame_folders tfrecords_tools.actions_in_the_eye""",
    "tfrecords_tools.splits": "",
    "tfrecords_tools.fixation_detection": "tfrecords_tools.gaze",
    "tfrecords_tools.resampling": "rmdn_tf.records tfrecords_tools.raw_video",
    "tfrecords_tools.video_records": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video""",
    "tfrecords_tools.survey": "tfrecords_tools.raw_video",
    "tfrecords_tools.shard_plan": "rmdn_tf.records tfrecords_tools.survey",
    "tfrecords_tools.statistics": "rmdn_tf.records tfrecords_tools.raw_video",
    "tfrecords_tools.shards": """
        rmdn_tf.file_systems rmdn_tf.published_files rmdn_tf.records
        tfrecords_tools.raw_video tfrecords_tools.gaze
        tfrecords_tools.resampling
        tfrecords_tools.video_records tfrecords_tools.survey
        tfrecords_tools.shard_plan tfrecords_tools.statistics""",
    "tfrecords_tools.manifest": """
        rmdn_tf.file_systems rmdn_tf.published_files rmdn_tf.records
        tfrecords_tools.raw_video
        tfrecords_tools.video_records tfrecords_tools.shard_plan
        tfrecords_tools.shards""",
    "tfrecords_tools.dataset_info": """
        rmdn_tf.published_files rmdn_tf.records tfrecords_tools.raw_video
        tfrecords_tools.video_records tfrecords_tools.statistics
        tfrecords_tools.shards""",
    "tfrecords_tools.processes": "",
    "tfrecords_tools.beam_runner": "tfrecords_tools.processes",
    "tfrecords_tools.sources": "",
    "tfrecords_tools.sources.demo": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.gaze""",
    "tfrecords_tools.sources.video_database": """
        tfrecords_tools.raw_video tfrecords_tools.video tfrecords_tools.gaze""",
    "tfrecords_tools.sources.hollywood2": """
        tfrecords_tools.raw_video tfrecords_tools.watched_actions
        tfrecords_tools.splits""",
    "tfrecords_tools.sources.ucf_sports": """
        tfrecords_tools.raw_video tfrecords_tools.watched_actions
        tfrecords_tools.splits""",
    "tfrecords_tools.sources.ucf101": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.splits
        tfrecords_tools.video""",
    "tfrecords_tools.sources.dhf1k_gaze": """
        tfrecords_tools.raw_video tfrecords_tools.gaze""",
    "tfrecords_tools.sources.dhf1k": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video
        tfrecords_tools.gaze tfrecords_tools.frame_folders
        tfrecords_tools.sources.dhf1k_gaze""",
    "tfrecords_tools.sources.folder_tables": """
        rmdn_tf.records tfrecords_tools.raw_video""",
    "tfrecords_tools.sources.folder": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.splits
        tfrecords_tools.video tfrecords_tools.gaze
        tfrecords_tools.fixation_detection
        tfrecords_tools.sources.folder_tables""",
    "tfrecords_tools.source_registry": """
        tfrecords_tools.raw_video tfrecords_tools.sources.demo
        tfrecords_tools.sources.video_database
        tfrecords_tools.sources.hollywood2
        tfrecords_tools.sources.ucf_sports
        tfrecords_tools.sources.ucf101 tfrecords_tools.sources.dhf1k
        tfrecords_tools.sources.folder""",
    "tfrecords_tools.demo_video": """
        rmdn_tf.published_files tfrecords_tools.sources.demo""",
    "tfrecords_tools.entry": "rmdn_tf.file_systems",
    "tfrecords_tools.prepare": """
        rmdn_tf.file_systems rmdn_tf.records tfrecords_tools.raw_video
        tfrecords_tools.video_records tfrecords_tools.survey
        tfrecords_tools.shard_plan tfrecords_tools.shards
        tfrecords_tools.manifest tfrecords_tools.dataset_info
        tfrecords_tools.processes tfrecords_tools.beam_runner
        tfrecords_tools.source_registry tfrecords_tools.entry""",
    "tfrecords_tools.record_checks": "rmdn_tf.records",
    "tfrecords_tools.shard_checks": """
        rmdn_tf.records tfrecords_tools.record_checks""",
    "tfrecords_tools.verification": """
        rmdn_tf.records tfrecords_tools.shard_checks""",
    "tfrecords_tools.show_records": """
        rmdn_tf.records tfrecords_tools.entry tfrecords_tools.verification""",
    # Shards -> batches -> densities.
    "rmdn_tf.shard_dealing": "rmdn_tf.records rmdn_tf.windows",
    "rmdn_tf.stored_frames": "rmdn_tf.records rmdn_tf.windows",
    "rmdn_tf.stored_features": """
        rmdn_tf.file_systems rmdn_tf.records rmdn_tf.windows""",
    "rmdn_tf.window_cutting": """
        rmdn_tf.windows rmdn_tf.stored_frames rmdn_tf.stored_features""",
    "rmdn_tf.input_pipeline": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.shard_dealing
        rmdn_tf.stored_frames rmdn_tf.stored_features
        rmdn_tf.window_cutting""",
    "rmdn_tf.feature_cache": """
        rmdn_tf.disk_space rmdn_tf.file_systems rmdn_tf.records rmdn_tf.windows
        rmdn_tf.published_files rmdn_tf.shard_dealing rmdn_tf.stored_frames
        rmdn_tf.stored_features""",
    "rmdn_tf.augmentation": "",
    "rmdn_tf.preprocessing": "",
    "rmdn_tf.c3d": "rmdn_tf.windows rmdn_tf.preprocessing",
    "rmdn_tf.efficientnet_lite": "",
    "rmdn_tf.efficientnet_weights": """
        rmdn_tf.published_files rmdn_tf.efficientnet_lite""",
    "rmdn_tf.frame_features": """
        rmdn_tf.windows rmdn_tf.preprocessing rmdn_tf.efficientnet_lite
        rmdn_tf.efficientnet_weights""",
    "rmdn_tf.projection": "",
    "rmdn_tf.caffe_model": "",
    "rmdn_tf.weight_forms": "rmdn_tf.c3d rmdn_tf.caffe_model",
    "rmdn_tf.pretrained_weights": """
        rmdn_tf.published_files rmdn_tf.c3d rmdn_tf.weight_forms""",
    "rmdn_tf.convert_weights": """
        rmdn_tf.c3d rmdn_tf.weight_forms rmdn_tf.pretrained_weights""",
    "rmdn_tf.recurrent": "",
    "rmdn_tf.dropout": "",
    "rmdn_tf.mixture": "",
    "rmdn_tf.spatial_context": "rmdn_tf.dropout",
    "rmdn_tf.spatial_recurrence": "rmdn_tf.recurrent",
    "rmdn_tf.spatial_mixture": "rmdn_tf.mixture",
    "rmdn_tf.model_config": """
        rmdn_tf.windows rmdn_tf.c3d rmdn_tf.recurrent
        rmdn_tf.spatial_recurrence""",
    "rmdn_tf.model": """
        rmdn_tf.windows rmdn_tf.published_files rmdn_tf.c3d
        rmdn_tf.frame_features rmdn_tf.projection rmdn_tf.recurrent
        rmdn_tf.dropout rmdn_tf.mixture rmdn_tf.spatial_context
        rmdn_tf.spatial_recurrence rmdn_tf.spatial_mixture
        rmdn_tf.model_config""",
    "rmdn_tf.losses": "rmdn_tf.mixture",
    "rmdn_tf.saliency_maps": "rmdn_tf.mixture",
    "rmdn_tf.prediction": "rmdn_tf.model rmdn_tf.saliency_maps",
    # What predicts, from wherever it lies.
    "rmdn_tf.run_directory": "rmdn_tf.disk_space rmdn_tf.published_files",
    "rmdn_tf.model_metadata": """
        rmdn_tf.windows rmdn_tf.model_config rmdn_tf.run_directory""",
    "rmdn_tf.trained_models": """
        rmdn_tf.model_config rmdn_tf.model rmdn_tf.prediction
        rmdn_tf.run_directory rmdn_tf.model_metadata""",
    # A video -> a density in every frame.
    "rmdn_tf.density": "rmdn_tf.mixture rmdn_tf.saliency_maps",
    "rmdn_tf.clip_stream": "rmdn_tf.windows rmdn_tf.model",
    "rmdn_tf.density_stream": "rmdn_tf.density rmdn_tf.clip_stream",
    "rmdn_tf.shots": "",
    "rmdn_tf.video_reader": "rmdn_tf.video_file",
    "rmdn_tf.attention": """
        rmdn_tf.model_config rmdn_tf.model rmdn_tf.run_directory
        rmdn_tf.trained_models rmdn_tf.density rmdn_tf.clip_stream
        rmdn_tf.density_stream rmdn_tf.shots rmdn_tf.video_file
        rmdn_tf.video_reader""",
    # A trained model -> a SavedModel -> a client of its server.
    "rmdn_tf.served_limits": "rmdn_tf.windows",
    "rmdn_tf.served_model": """
        rmdn_tf.windows rmdn_tf.model rmdn_tf.saliency_maps
        rmdn_tf.served_limits""",
    "rmdn_tf.serving_stubs": "",
    "rmdn_tf.warm_up": "rmdn_tf.windows rmdn_tf.serving_stubs",
    "rmdn_tf.export": """
        rmdn_tf.published_files rmdn_tf.model rmdn_tf.run_directory
        rmdn_tf.model_metadata rmdn_tf.trained_models rmdn_tf.served_model
        rmdn_tf.warm_up""",
    "rmdn_tf.serving_connection": "",
    "rmdn_tf.serving_grpc": """
        rmdn_tf.serving_connection rmdn_tf.serving_stubs""",
    "rmdn_tf.serving_rest": """
        rmdn_tf.serving_connection rmdn_tf.serving_grpc""",
    "rmdn_tf.serving": """
        rmdn_tf.model_config rmdn_tf.model_metadata rmdn_tf.clip_stream
        rmdn_tf.density_stream rmdn_tf.attention rmdn_tf.serving_connection
        rmdn_tf.serving_grpc rmdn_tf.serving_rest""",
    "rmdn_tf.pictures": "",
    "rmdn_tf.video_writer": "rmdn_tf.video_file rmdn_tf.video_reader",
    "rmdn_tf.background": "",
    "rmdn_tf.overlay": "rmdn_tf.video_file rmdn_tf.density rmdn_tf.pictures",
    "rmdn_tf.density_files": "rmdn_tf.published_files rmdn_tf.density",
    "rmdn_tf.predict": """
        rmdn_tf.published_files rmdn_tf.trained_models rmdn_tf.density
        rmdn_tf.attention rmdn_tf.serving rmdn_tf.video_reader
        rmdn_tf.video_writer rmdn_tf.background rmdn_tf.overlay
        rmdn_tf.density_files rmdn_tf.pictures""",
    # `rmdn_tf.load`; nothing imports it.
    "rmdn_tf": "rmdn_tf.attention",
    "rmdn_tf.map_directory": "",
    "rmdn_tf.baselines": "rmdn_tf.mixture",
    "rmdn_tf.videos": "rmdn_tf.records rmdn_tf.shard_dealing",
    "rmdn_tf.predictors": """
        rmdn_tf.mixture rmdn_tf.saliency_maps rmdn_tf.map_directory
        rmdn_tf.baselines rmdn_tf.videos""",
    "rmdn_tf.fixation_maps": "",
    "rmdn_tf.human": """
        rmdn_tf.videos rmdn_tf.predictors rmdn_tf.fixation_maps""",
    "rmdn_tf.mixing": "rmdn_tf.mixture rmdn_tf.videos rmdn_tf.predictors",
    # Densities -> scores and pictures.
    "rmdn_tf.map_checks": "",
    "rmdn_tf.roc": "",
    "rmdn_tf.metrics": "rmdn_tf.map_checks rmdn_tf.roc",
    "rmdn_tf.mit_metrics": "rmdn_tf.map_checks rmdn_tf.metrics",
    "rmdn_tf.truth": "rmdn_tf.fixation_maps rmdn_tf.map_checks",
    "rmdn_tf.exact_scores": """
        rmdn_tf.map_checks rmdn_tf.roc rmdn_tf.truth""",
    "rmdn_tf.protocols": """
        rmdn_tf.videos rmdn_tf.predictors rmdn_tf.fixation_maps
        rmdn_tf.metrics rmdn_tf.mit_metrics rmdn_tf.truth
        rmdn_tf.exact_scores""",
    "rmdn_tf.scores": "",
    "rmdn_tf.evaluation": """
        rmdn_tf.windows rmdn_tf.videos rmdn_tf.predictors rmdn_tf.protocols
        rmdn_tf.scores""",
    "rmdn_tf.split_evaluation": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.input_pipeline
        rmdn_tf.trained_models rmdn_tf.map_directory rmdn_tf.baselines
        rmdn_tf.videos rmdn_tf.predictors rmdn_tf.human rmdn_tf.mixing
        rmdn_tf.protocols rmdn_tf.scores rmdn_tf.evaluation""",
    "rmdn_tf.comparison_sheet": """
        rmdn_tf.published_files rmdn_tf.predictors rmdn_tf.evaluation
        rmdn_tf.pictures""",
    "rmdn_tf.video_pictures": """
        rmdn_tf.published_files rmdn_tf.predictors rmdn_tf.evaluation
        rmdn_tf.pictures""",
    "rmdn_tf.intervals": "",
    "rmdn_tf.summary": "rmdn_tf.scores rmdn_tf.intervals",
    "rmdn_tf.score_tables": """
        rmdn_tf.published_files rmdn_tf.scores rmdn_tf.summary""",
    "rmdn_tf.score_plots": "rmdn_tf.summary",
    "rmdn_tf.pages": "",
    "rmdn_tf.report": """
        rmdn_tf.published_files rmdn_tf.summary rmdn_tf.score_tables
        rmdn_tf.score_plots rmdn_tf.pages""",
    "rmdn_tf.evaluate": """
        rmdn_tf.file_systems rmdn_tf.records rmdn_tf.published_files
        rmdn_tf.input_pipeline rmdn_tf.model rmdn_tf.prediction
        rmdn_tf.trained_models rmdn_tf.map_directory rmdn_tf.protocols
        rmdn_tf.split_evaluation rmdn_tf.comparison_sheet
        rmdn_tf.video_pictures rmdn_tf.summary rmdn_tf.score_tables
        rmdn_tf.report""",
    # Everything -> a trained model.
    "rmdn_tf.validation": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.input_pipeline rmdn_tf.losses
        rmdn_tf.saliency_maps rmdn_tf.prediction rmdn_tf.videos
        rmdn_tf.predictors rmdn_tf.fixation_maps rmdn_tf.protocols
        rmdn_tf.scores rmdn_tf.evaluation rmdn_tf.pictures""",
    "rmdn_tf.tensorboard_writer": "rmdn_tf.validation",
    "rmdn_tf.training_config": "rmdn_tf.windows rmdn_tf.model",
    "rmdn_tf.training_step": """
        rmdn_tf.augmentation rmdn_tf.model rmdn_tf.losses
        rmdn_tf.training_config""",
    "rmdn_tf.frozen_features": "rmdn_tf.feature_cache rmdn_tf.model",
    "rmdn_tf.initialization": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.input_pipeline
        rmdn_tf.frame_features rmdn_tf.model_config rmdn_tf.model
        rmdn_tf.baselines rmdn_tf.videos""",
    "rmdn_tf.progress": "",
    "rmdn_tf.profiling": "",
    "rmdn_tf.strategies": """
        rmdn_tf.input_pipeline rmdn_tf.progress rmdn_tf.run_directory""",
    "rmdn_tf.training_windows": """
        rmdn_tf.windows rmdn_tf.input_pipeline rmdn_tf.training_config
        rmdn_tf.strategies""",
    "rmdn_tf.training": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.published_files
        rmdn_tf.input_pipeline rmdn_tf.model rmdn_tf.pretrained_weights
        rmdn_tf.validation rmdn_tf.tensorboard_writer rmdn_tf.training_config
        rmdn_tf.training_step rmdn_tf.training_windows rmdn_tf.strategies
        rmdn_tf.frozen_features rmdn_tf.progress rmdn_tf.profiling
        rmdn_tf.run_directory rmdn_tf.initialization""",
    "rmdn_tf.dry_run": """
        rmdn_tf.records rmdn_tf.disk_space rmdn_tf.feature_cache rmdn_tf.model
        rmdn_tf.frozen_features rmdn_tf.run_directory rmdn_tf.training""",
    "train_tf": """
        rmdn_tf.file_systems rmdn_tf.records rmdn_tf.disk_space
        rmdn_tf.input_pipeline rmdn_tf.pretrained_weights
        rmdn_tf.model_config rmdn_tf.export rmdn_tf.evaluate
        rmdn_tf.training_config rmdn_tf.strategies rmdn_tf.run_directory
        rmdn_tf.training rmdn_tf.model_metadata
        rmdn_tf.dry_run tfrecords_tools.sources.demo
        tfrecords_tools.source_registry tfrecords_tools.prepare""",
}
MAY_IMPORT = {name: set(may.split()) for name, may in MAY_IMPORT.items()}
PACKAGES = ("rmdn_tf", "tfrecords_tools")
OURS = (*PACKAGES, "train_tf")


def find_modules():
    """Returns the path of every module of ours, by its name."""
    paths = [REPOSITORY / "train_tf.py"]
    for package in PACKAGES:
        paths += sorted((REPOSITORY / package).rglob("*.py"))
    modules = {}
    for path in paths:
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        modules[".".join(parts)] = path
    return modules


MODULES = find_modules()
TREES = {
    name: ast.parse(path.read_text(encoding="utf-8"))
    for name, path in MODULES.items()
}


def imported(tree, modules=frozenset(MODULES)):
    """Returns the names that a module imports, inside of functions too.

    `from package import module` counts as that module, where it is one.
    """
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                is_module = full in modules or node.module == "absl"
                names.add(full if is_module else node.module)
    return names


def ours(names):
    return {name for name in names if name.split(".")[0] in OURS}


def of_package(package):
    return [name for name in MODULES if name.split(".")[0] == package]


def test_the_table_names_the_modules_that_there_are():
    assert MAY_IMPORT.keys() == MODULES.keys()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_the_table_allows(name):
    assert ours(imported(TREES[name])) <= MAY_IMPORT.get(name, set())


def test_the_table_allows_only_what_stands_above():
    above = set()
    for name, may in MAY_IMPORT.items():
        assert may <= above, name
        above.add(name)


def test_the_imports_form_no_circle():
    graph = {name: ours(imported(tree)) for name, tree in TREES.items()}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_absolute(name):
    relative = [
        node.lineno
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert relative == []


@pytest.mark.parametrize("name", MODULES)
def test_no_module_hides_an_import_from_this_test(name):
    called = {
        node.id
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Name) and node.id == "__import__"
    }
    assert not called
    assert "importlib" not in imported(TREES[name])


@pytest.mark.parametrize("name", of_package("tfrecords_tools"))
def test_the_tools_know_only_what_is_on_disk(name):
    of_model = {n for n in imported(TREES[name]) if n.startswith("rmdn_tf")}
    assert of_model <= {
        "rmdn_tf.records",
        "rmdn_tf.file_systems",
        "rmdn_tf.published_files",
        "rmdn_tf.video_file",
    }


@pytest.mark.parametrize("name", of_package("rmdn_tf"))
def test_the_model_knows_neither_tools_nor_entry_nor_flags(name):
    for other in imported(TREES[name]):
        assert other.split(".")[0] not in ("tfrecords_tools", "train_tf")
        assert other != "absl" and not other.startswith("absl.flags")


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is(name):
    docstring = ast.get_docstring(TREES[name])
    assert docstring and docstring.splitlines()[0].strip()


def test_the_walker_sees_every_way_to_import():
    source = """
import os, rmdn_tf.model
from rmdn_tf import losses, __doc__ as text
from rmdn_tf.records import SPEC
from absl import flags
def late():
    import tfrecords_tools.gaze as gaze
    from tfrecords_tools.sources import demo
"""
    assert imported(ast.parse(source)) == {
        "os",
        "rmdn_tf",
        "rmdn_tf.model",
        "rmdn_tf.losses",
        "rmdn_tf.records",
        "absl.flags",
        "tfrecords_tools.gaze",
        "tfrecords_tools.sources.demo",
    }
