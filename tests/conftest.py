"""Fixtures shared by the tests.

Made once a session and only read; a test that changes one copies it first:

    demo_dir            prepared dataset: 8 training videos, 2 a held-out split
    action_dir          the same, of videos with labels and gaze
    numbered_dataset    prepared dataset whose pixels tell video and frame
    trained_run         directory of a finished training of `tiny_model` on
                        `demo_dir`: best model, checkpoint, settings, logs
    saved_model         SavedModel of its best model, `.../tiny/1`
    two_devices         strategy of two logical CPUs
    real_data           directory of real data, or the test is skipped

For each test:

    forked_workers      the workers of a preparation start at once
    make_hosts          makes hosts on this machine whose links can be cut
    taken_signals       signals end the process, even under `nohup`

Configurations: `tiny_model`, `tiny_spatial_model`, and `TINY_TRAINING` of
`tests.helpers.made_steps`, with which `trained_run` was trained.
"""

import contextlib
import dataclasses
import gc
import os
import pathlib
import signal
from collections.abc import Iterator

# As the commands set it, so that a test of what is printed does not depend on
# the tests before it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# isort: off
import rmdn_tf  # noqa: F401  Before TensorFlow, as in every entry.

# isort: on
import keras
import pytest
import tensorflow as tf

from rmdn_tf.commands.signals import ENDING
from rmdn_tf.files.locks import LOCK_FILE
from rmdn_tf.model.config import DenseConfig, ModelConfig
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.model.saving import load_model
from rmdn_tf.runs.directory import BEST
from rmdn_tf.serving.export import export
from rmdn_tf.training.strategies import make_strategy
from rmdn_tf.training.trainer import Trainer
from tests.helpers.made_steps import TINY_TRAINING
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo
from tfrecords_tools.sources.demo_actions import DemoActions

pytest_plugins = [
    "tests.helpers.cached_features",
    "tests.helpers.dask_cluster",
    "tests.helpers.hosts",
    "tests.helpers.labelled_videos",
    "tests.helpers.loopback",
    "tests.helpers.made_actions",
    "tests.helpers.processes",
    "tests.helpers.s3_server",
]

# Two devices, so that tests can train on several; only before TensorFlow's
# first operation can they be had.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


SIZE = (48, 64)


@pytest.fixture(scope="session", autouse=True)
def _user_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the tests, and their processes, out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs slow files first: then both processes end at the same time."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Spares the garbage collector what the imports made: a sixth faster."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Draws the same weights in every run: a test fails always or never."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def taken_signals() -> Iterator[None]:
    """Undoes that the tests' own process ignores signals, as under `nohup`."""
    before = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in before.items():
        if handler == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def two_devices() -> tf.distribute.Strategy:
    """The strategy of all devices of this machine; two on a CPU."""
    strategy = make_strategy("mirrored")
    if strategy.num_replicas_in_sync != 2:
        pytest.skip("There are not two devices.")
    return strategy


@pytest.fixture(scope="session")
def real_data() -> pathlib.Path:
    """Returns the directory of real data, or skips the test."""
    repository = pathlib.Path(__file__).resolve().parents[1]
    default = repository.parent / "shared" / "data"
    path = pathlib.Path(os.environ.get("RMDN_REAL_DATA", default))
    if not path.is_dir():
        pytest.skip(
            f"No real data: '{path}' is not a directory. Set RMDN_REAL_DATA."
        )
    return path


@pytest.fixture(scope="session")
def demo_dir(tmp_path_factory) -> Iterator[pathlib.Path]:
    """A prepared demo dataset: 8 training videos, 2 a held-out split."""
    directory = tmp_path_factory.mktemp("demo")
    prepare(Demo(12, size=SIZE), directory, FrameFormat(SIZE), num_workers=1)
    with _unchanged(directory):
        yield directory


@pytest.fixture(scope="session")
def action_dir(tmp_path_factory) -> Iterator[pathlib.Path]:
    """As `demo_dir`; every video has one of `demo_actions.ACTIONS`."""
    directory = tmp_path_factory.mktemp("demo_actions")
    source = DemoActions(12, size=SIZE)
    prepare(source, directory, FrameFormat(SIZE), num_workers=1)
    with _unchanged(directory):
        yield directory


@pytest.fixture(scope="session")
def trained_run(
    demo_dir, tiny_model, tmp_path_factory
) -> Iterator[pathlib.Path]:
    """The directory of a finished run of one epoch."""
    run_dir = tmp_path_factory.mktemp("trained")
    Trainer(tiny_model, TINY_TRAINING, demo_dir, run_dir).train()
    with _unchanged(run_dir):
        yield run_dir


@pytest.fixture(scope="session")
def saved_model(trained_run, tmp_path_factory) -> Iterator[pathlib.Path]:
    """The SavedModel of the best model of `trained_run`; its only version."""
    model, config = load_model(trained_run / BEST)
    directory = tmp_path_factory.mktemp("saved") / "tiny"
    version = export(model, config, directory)
    with _unchanged(directory):
        yield version


@contextlib.contextmanager
def _unchanged(directory: pathlib.Path) -> Iterator[None]:
    """Fails where a test has changed what all tests share."""

    def files():
        return {
            path: path.stat().st_mtime_ns
            for path in directory.rglob("*")
            if path.is_file() and path.name != LOCK_FILE
        }

    before = files()
    yield
    assert files() == before, f"A test has written in '{directory}'."


@pytest.fixture(scope="session")
def tiny_model() -> ModelConfig:
    """A network of the real structure that trains in milliseconds."""
    return DenseConfig(
        input_size=(16, 16),
        filters=((2,), (2,), (2,), (2,), (2,)),
        units=4,
        num_components=3,
        dropout=0.0,
        clip_stride=4,
    )


@pytest.fixture(scope="session")
def tiny_spatial_model() -> ModelConfig:
    """The smallest network with a place for its features, 2x2 cells."""
    return dataclasses.replace(
        PRESETS["spatial"],
        input_size=(32, 32),
        features="stage1",
        faces=False,
        camera=False,
        reset_on_cuts=False,
        projection=2,
        context_units=2,
        units=2,
    )


@pytest.fixture(scope="session")
def numbered_dataset(tmp_path_factory) -> pathlib.Path:
    """Returns a prepared dataset of `numbered_videos`, in three shards."""
    return _prepare_numbered(tmp_path_factory, with_truth=True)


@pytest.fixture(scope="session")
def numbered_dataset_without_truth(tmp_path_factory) -> pathlib.Path:
    """Returns one of two short videos whose true density is not known."""
    return _prepare_numbered(tmp_path_factory, with_truth=False)


def _prepare_numbered(tmp_path_factory, with_truth: bool) -> pathlib.Path:
    from tests.helpers.numbered_videos import SIZE, NumberedVideos
    from tfrecords_tools.shards.preparation import prepare

    data_dir = tmp_path_factory.mktemp("numbered")
    source = NumberedVideos(with_truth)
    prepare(source, data_dir, FrameFormat(SIZE), num_shards=3, num_workers=1)
    return data_dir
