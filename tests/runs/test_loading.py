"""Whatever a trained model lies in predicts the same."""

import dataclasses
import shutil

import numpy as np
import pytest

from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.files.checksums import CHECKSUM_FILE
from rmdn_tf.model.saving import load_model
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.runs.loading import load_stateful
from rmdn_tf.serving.export import export
from rmdn_tf.training.config import TrainingConfig
from rmdn_tf.training.trainer import Trainer

STRIDE = 4


@pytest.fixture(scope="module", params=["lstm", "none"])
def places(request, demo_dir, tiny_model, tmp_path_factory):
    """A run's directory, and a SavedModel of its best model."""
    directory = tmp_path_factory.mktemp(request.param)
    config = dataclasses.replace(tiny_model, recurrent=request.param)
    training = TrainingConfig(
        num_epochs=1, batch_size=2, fixations_per_frame=4, train_c3d=True
    )
    run_dir = directory / "run"
    Trainer(config, training, demo_dir, run_dir).train()
    model, config = load_model(run_dir / "best")
    exported = [export(model, config, directory / "saved") for _ in range(2)]
    return run_dir, exported


def _batches(demo_dir):
    return ordered_windows(
        demo_dir, "test", batch_size=1, window=Window(clip_stride=STRIDE)
    )


def _predicted(predict, demo_dir):
    """Mixtures of all clips that end in a video."""
    kept = []
    for batch in _batches(demo_dir):
        valid = batch["frame_mask"].numpy()[:, ::STRIDE]
        kept.append(predict(batch).numpy()[valid])
    return np.concatenate(kept)


def test_a_model_predicts_the_same_wherever_it_is_loaded_from(places, demo_dir):
    run_dir, exported = places
    model, _ = load_model(run_dir / "best")
    expected = _predicted(StatefulNetwork(model, STRIDE), demo_dir)
    # Two videos of two windows each: the state is carried, and forgotten.
    assert len(expected) == 2 * 96 / STRIDE
    checkpoints = run_dir / "checkpoints"
    (checkpoint,) = {path.stem for path in checkpoints.glob("*.index")}
    for path in (
        run_dir,
        run_dir / "best",
        checkpoints,
        checkpoints / checkpoint,
        exported[0],
        exported[0].parent,
    ):
        predict, stride = load_stateful(path)
        assert stride == STRIDE
        np.testing.assert_allclose(
            _predicted(predict, demo_dir), expected, rtol=1e-4, atol=1e-5
        )


def test_of_several_versions_the_highest_is_taken(places, tmp_path):
    saved = tmp_path / "saved"
    shutil.copytree(places[1][0], saved / "9")
    (saved / "10").mkdir()
    with pytest.raises(FileNotFoundError, match="10"):
        load_stateful(saved)


def test_a_place_without_a_model_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="No trained model in"):
        load_stateful(tmp_path / "nowhere")


def test_a_checkpoint_without_its_settings_is_an_error(places, tmp_path):
    shutil.copytree(places[0] / "checkpoints", tmp_path / "checkpoints")
    with pytest.raises(ValueError, match="Invalid checkpoint.*training.json"):
        load_stateful(tmp_path / "checkpoints")


def test_a_damaged_saved_model_of_an_earlier_release_is_an_error(
    places, tmp_path
):
    path = tmp_path / "saved"
    shutil.copytree(places[1][0], path)
    (path / CHECKSUM_FILE).unlink()
    with pytest.warns(UserWarning, match="an earlier release"):
        load_stateful(path)
    (path / "saved_model.pb").write_bytes(b"none of it")
    with (
        pytest.warns(UserWarning, match="an earlier release"),
        pytest.raises(ValueError, match="Invalid SavedModel "),
    ):
        load_stateful(path)


def test_a_flipped_bit_of_a_saved_model_is_an_error(places, tmp_path):
    whole = places[1][0]
    files = [path for path in whole.rglob("*") if path.is_file()]
    names = {file.relative_to(whole).as_posix() for file in files}
    assert names >= {
        "saved_model.pb",
        "assets/metadata.json",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    }
    draw = np.random.default_rng(0)
    for number, name in enumerate(sorted(names) * 5):
        copy = shutil.copytree(whole, tmp_path / str(number))
        _flip(copy / name, draw)
        with pytest.raises(ValueError, match=f"'{copy}"):
            load_stateful(copy)


def test_a_flipped_bit_of_a_checkpoint_is_an_error_or_changes_nothing(
    places, demo_dir, tmp_path
):
    run_dir, _ = places
    expected = _predicted(load_stateful(run_dir / "checkpoints")[0], demo_dir)
    names = [path.name for path in (run_dir / "checkpoints").iterdir()]
    draw = np.random.default_rng(0)
    num_refused = 0
    for number, name in enumerate(sorted(names) * 4):
        copy = tmp_path / str(number)
        shutil.copytree(run_dir / "checkpoints", copy / "checkpoints")
        shutil.copy(run_dir / "training.json", copy)
        _flip(copy / "checkpoints" / name, draw)
        try:
            predict, _ = load_stateful(copy / "checkpoints")
        except (FileNotFoundError, ValueError) as error:
            assert str(copy) in str(error)
            num_refused += 1
        else:
            found = _predicted(predict, demo_dir)
            np.testing.assert_array_equal(found, expected)
    assert num_refused > 4


def _flip(path, draw):
    content = bytearray(path.read_bytes())
    content[draw.integers(len(content))] ^= 1 << int(draw.integers(8))
    path.write_bytes(content)
