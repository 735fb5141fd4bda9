"""Models whose JSON was changed by hand, or by someone who means harm."""

import dataclasses
import json
import resource
import shutil

import pytest

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.config_json import config_to_json
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import CONFIG_FILE, load_model, save_model
from rmdn_tf.runs.directory import TRAINING_FILE
from rmdn_tf.runs.loading import load_stateful
from rmdn_tf.runs.metadata import parse_metadata

HUGE = 10**9


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("saved")
    save_model(build_rmdn(tiny_model), tiny_model, directory)
    return directory


@pytest.fixture
def directory(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copied")


def change(directory, **values):
    file = directory / CONFIG_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    # The checksums of one who means harm are right.
    for checksums in directory.glob("checksums.*"):
        checksums.unlink()


@pytest.mark.parametrize(
    "values",
    [
        *({"units": value} for value in ("4", None, 4.0, True)),
        *({"filters": value} for value in ([[4], ["4"]], {"4": 4}, [4])),
        *({"input_size": value} for value in ("16", [16, None])),
        {"motion_lags": None},
        {"actions": [["a"], "b"]},
        {"head": ["dense"]},
        {"dropout": "0"},
        {"multi_label": 0},
        {"encoder": {}},
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place(directory, values):
    change(directory, **values)
    (name,) = values
    with pytest.raises(ValueError, match=rf"model.json' at \$\.{name}"):
        load_model(directory)


@pytest.mark.parametrize(
    "values",
    [
        *({n: HUGE} for n in ("units", "num_components", "projection")),
        {"dense_units": HUGE},
        {"input_size": [HUGE, HUGE]},
        {"filters": [[HUGE]]},
        {"filters": [[1]] * 1000},
        {"frames_per_second": 1e300},
    ],
)
def test_a_number_beyond_all_networks_is_refused(directory, values):
    change(directory, **values)
    (name,) = values
    with pytest.raises(ValueError, match=f"Invalid `{name}`"):
        load_model(directory)


@pytest.mark.parametrize(
    "values",
    [
        {"filters": [[4], [60_000], [60_000]]},
        {"units": 60_000},
        {"input_size": [4096, 4096], "units": 60_000},
        {"features": "fc7", "dense_units": 60_000},
        {"num_components": 60_000, "units": 10_000},
    ],
)
def test_a_network_larger_than_its_weights_is_never_built(directory, values):
    change(directory, **values)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match="bytes of weights"):
        load_model(directory)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 2**18  # KiB


def test_a_checkpoint_of_a_larger_network_is_never_built(directory):
    config = json.loads((directory / CONFIG_FILE).read_text())
    document = {"model": config | {"units": 60_000}}
    (directory / TRAINING_FILE).write_text(json.dumps(document))
    checkpoint = directory / "checkpoints/ckpt-1"
    checkpoint.parent.mkdir()
    for suffix in (".index", ".data-00000-of-00001"):
        checkpoint.with_name(f"ckpt-1{suffix}").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="100 bytes of weights"):
        load_stateful(checkpoint)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": None},
        {"model": {"units": 4}},
        {"num_components": 0},
        {"clip_stride": "4"},
        {"clip_stride": 16},
        {"context_frames": 3},
        *(
            {"state": v}
            for v in (["hidden"], {"hidden": "8"}, {"hidden": [-1]})
        ),
        *({"limits": v} for v in ([], {"max_clips": "7"}, {"max_clips": 0})),
    ],
)
def test_metadata_of_a_server_that_do_not_fit_are_one_clear_error(
    tiny_model, changes
):
    metadata = {
        "model": config_to_json(tiny_model),
        "clip_stride": tiny_model.clip_stride,
        "context_frames": CONTEXT,
        "state": {"hidden": [8]},
        "limits": dataclasses.asdict(RequestLimits()),
    }
    metadata = json.loads(json.dumps(metadata))
    assert parse_metadata(json.dumps(metadata)) == metadata
    with pytest.raises(ValueError, match="Invalid metadata"):
        parse_metadata(json.dumps(metadata | changes))
