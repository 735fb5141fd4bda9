"""A model predicts the same from a run, a checkpoint and a SavedModel."""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.files.checksums import CHECKSUM_FILE
from rmdn_tf.model.old_layouts import checkpointed
from rmdn_tf.model.saving import load_model, save_model
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.runs.fingerprint import fingerprint
from rmdn_tf.runs.loading import load_keras, load_stateful

pytestmark = pytest.mark.slow

STRIDE = 4


@pytest.fixture(scope="module")
def without_memory(exported_strided, tmp_path_factory):
    """As `trained_run`, of a network without a recurrence; not trained."""
    model, config = exported_strided.model, exported_strided.config
    run_dir = tmp_path_factory.mktemp("run")
    save_model(model, config, run_dir / "best")
    settings = {"model": dataclasses.asdict(config)}
    (run_dir / "training.json").write_text(json.dumps(settings))
    checkpoint = tf.train.Checkpoint(model=checkpointed(model))
    checkpoint.save(str(run_dir / "checkpoints" / "ckpt"))
    return run_dir, exported_strided.version


def _predicted(predict, demo_dir):
    """Mixtures of all clips that end in a video."""
    kept = []
    window = Window(clip_stride=STRIDE)
    for batch in ordered_windows(demo_dir, "test", batch_size=1, window=window):
        valid = batch["frame_mask"].numpy()[:, ::STRIDE]
        kept.append(predict(batch).numpy()[valid])
    return np.concatenate(kept)


@pytest.mark.parametrize("recurrent", ["lstm", "none"])
def test_a_model_predicts_the_same_wherever_it_is_loaded_from(
    recurrent, demo_dir, request
):
    if recurrent == "none":
        run_dir, exported = request.getfixturevalue("without_memory")
    else:
        run_dir = request.getfixturevalue("trained_run")
        exported = request.getfixturevalue("saved_model")
    model, _ = load_model(run_dir / "best")
    expected = _predicted(StatefulNetwork(model, STRIDE), demo_dir)
    # Two videos of two windows each: the state is carried, and forgotten.
    assert len(expected) == 2 * 96 / STRIDE
    checkpoints = run_dir / "checkpoints"
    (checkpoint,) = {path.stem for path in checkpoints.glob("*.index")}
    for path in (run_dir, checkpoints / checkpoint, exported.parent):
        predict, stride = load_stateful(path)
        assert stride == STRIDE
        np.testing.assert_allclose(
            _predicted(predict, demo_dir), expected, rtol=1e-4, atol=1e-5
        )
    for model_path, same in ((run_dir / "best", run_dir), (exported, None)):
        assert fingerprint(model_path) == fingerprint(same or exported.parent)
    paths = (run_dir, checkpoints, exported)
    assert len({fingerprint(path) for path in paths}) == 3


def test_of_several_versions_the_highest_is_taken(saved_model, tmp_path):
    saved = tmp_path / "saved"
    shutil.copytree(saved_model, saved / "9")
    (saved / "10").mkdir()
    with pytest.raises(FileNotFoundError, match="10"):
        load_stateful(saved)


def test_a_place_without_a_model_is_an_error(tmp_path):
    message = "No trained model in .*nowhere'. Expected the directory of a run"
    for load in (load_stateful, load_keras):
        with pytest.raises(FileNotFoundError, match=message):
            load(tmp_path / "nowhere")


def test_a_checkpoint_without_its_settings_is_an_error(trained_run, tmp_path):
    shutil.copytree(trained_run / "checkpoints", tmp_path / "checkpoints")
    with pytest.raises(ValueError, match="Invalid checkpoint.*training.json"):
        load_stateful(tmp_path / "checkpoints")


def test_a_damaged_saved_model_of_an_earlier_release_is_an_error(
    saved_model, tmp_path
):
    path = tmp_path / "saved"
    shutil.copytree(saved_model, path)
    (path / CHECKSUM_FILE).unlink()
    with pytest.warns(UserWarning, match="an earlier release"):
        load_stateful(path)
    (path / "saved_model.pb").write_bytes(b"none of it")
    with (
        pytest.warns(UserWarning, match="an earlier release"),
        pytest.raises(ValueError, match="Invalid SavedModel "),
    ):
        load_stateful(path)


def test_a_flipped_bit_of_a_saved_model_is_an_error(saved_model, tmp_path):
    whole = saved_model
    files = filter(pathlib.Path.is_file, whole.rglob("*"))
    names = {file.relative_to(whole).as_posix() for file in files}
    names.remove("README.md")  # A page to read, which may be changed.
    assert names >= {
        "saved_model.pb",
        "assets/metadata.json",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    }
    draw = np.random.default_rng(0)
    for number, name in enumerate(sorted(names) * 3):
        copy = shutil.copytree(whole, tmp_path / str(number))
        _flip(copy / name, draw)
        with pytest.raises(ValueError, match=f"'{copy}"):
            load_stateful(copy)


def test_a_flipped_bit_of_a_checkpoint_is_an_error_or_changes_nothing(
    trained_run, tmp_path
):
    checkpoints = trained_run / "checkpoints"
    expected = load_keras(checkpoints)[0].get_weights()
    names = [path.name for path in checkpoints.iterdir()]
    draw = np.random.default_rng(0)
    num_refused = 0
    for number, name in enumerate(sorted(names) * 3):
        copy = tmp_path / str(number)
        shutil.copytree(checkpoints, copy / "checkpoints")
        shutil.copy(trained_run / "training.json", copy)
        _flip(copy / "checkpoints" / name, draw)
        try:
            model, _ = load_keras(copy / "checkpoints")
        except (FileNotFoundError, ValueError) as error:
            assert str(copy) in str(error)
            num_refused += 1
        else:
            pairs = zip(model.get_weights(), expected, strict=True)
            for found, wanted in pairs:
                np.testing.assert_array_equal(found, wanted)
    assert num_refused > 3


def _flip(path, draw):
    content = bytearray(path.read_bytes())
    content[draw.integers(len(content))] ^= 1 << int(draw.integers(8))
    path.write_bytes(content)
