"""The flags of `train_tf.py`, and what it does with them."""

import dataclasses
import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

import train_tf
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.encoders.c3d import PIXEL_SCALE, build_c3d
from rmdn_tf.encoders.c3d_weights import save_c3d_weights
from rmdn_tf.files.locks import LOCK_FILE
from rmdn_tf.model import config as model_config
from rmdn_tf.model import presets
from rmdn_tf.model.parts import clip_network
from rmdn_tf.training.config import PRESETS, RunConfig, TrainingConfig
from rmdn_tf.training.trainer import Trainer
from tests.helpers.made_pictures import make_pictures
from tests.helpers.quick_choices import choose_quickly

pytestmark = pytest.mark.slow

FILTERS = ((2,), (2,), (2, 2), (2, 2), (2, 2))
OF_PRESETS = {
    model_config.DenseConfig: presets.PRESETS["paper"],
    TrainingConfig: PRESETS["paper"],
    RunConfig: RunConfig(),
}
FIELDS = [
    (preset, field)
    for config, preset in OF_PRESETS.items()
    for field in dataclasses.fields(config)
    # Cannot be changed without other settings.
    if field.name
    not in (
        "motion_lags",
        "faces",
        "camera",
        "onset_lag",
        "encoder",
        "head",
        "actions",
        "calibrated_components",
        "weight_decay",
    )
]
OTHER = {  # Another value, and the flag that asks for it.
    "input_size": ((64, 80), "64,80"),
    "filters": (((2,), (2, 3)), "2;2,3"),
    "features": ("fc6", "fc6"),
    "recurrent": ("rnn", "rnn"),
    "optimizer": ("adam", "adam"),
    "schedule": ("cosine", "cosine"),
    "ema_decay": (0.5, "0.5"),
    "loss_reduction": ("mean", "mean"),
    "train_split": ("train+validation", "train+validation"),
    "precision": ("mixed_bfloat16", "mixed_bfloat16"),
}


def read(*arguments):
    """Returns the command line and the options read from it."""
    line = CommandLine(train_tf.SETTINGS, ["--dataset=demo", *arguments])
    return line, line.read(train_tf.Options).with_directories()


@pytest.fixture
def with_c3d(main, tiny_model, monkeypatch):
    """Has all eight convolutions, as C3D's weights ask for."""
    config = dataclasses.replace(tiny_model, filters=FILTERS)
    monkeypatch.setitem(presets.PRESETS, "small", config)
    return config


@pytest.fixture
def trainers(monkeypatch):
    """The trainers that the command makes."""
    made = []

    class Kept(Trainer):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr("rmdn_tf.training.trainer.Trainer", Kept)
    return made


@pytest.fixture
def only_training(monkeypatch):
    """Leaves out what comes after training."""
    monkeypatch.setattr(
        "rmdn_tf.reports.split_report.evaluate_model", lambda *_: None
    )
    monkeypatch.setattr("rmdn_tf.serving.export.export", lambda *_, **__: None)


@pytest.mark.parametrize(
    ("preset", "field"), FIELDS, ids=[field.name for _, field in FIELDS]
)
def test_every_setting_is_a_flag(preset, field):
    before = getattr(preset, field.name)
    if field.name in OTHER:
        value, text = OTHER[field.name]
    elif before is None or isinstance(before, bool):
        value = not before
        text = str(value)
    else:
        value = before + 1 if isinstance(before, int) else before / 2
        text = str(value)
    line, options = read(f"--{field.name}={text}", "--preset=paper")
    is_network = isinstance(preset, model_config.ModelConfig)
    after = train_tf.network(line, options) if is_network else None
    after = dataclasses.asdict(after or line.change(preset))
    assert after.pop(field.name) == value
    expected = dataclasses.asdict(preset)
    del expected[field.name]
    assert after == expected


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("context_units=7", {}),
        ("feature_dropout=0.25", {}),
        ("motion_lags=(1,)", {}),
        ("faces=False", {}),
        ("context=plain", {}),
        ("multi_label=True", {"actions": ("a", "b")}),
        ("feedback=False", {"actions": ("a", "b")}),
        ("action_moves_map=True", {"actions": ("a", "b")}),
    ],
)
def test_settings_of_one_kind_of_network_are_flags(value, labels):
    kind = ["--joint"] if labels else ["--preset=spatial", "--recurrent=gru"]
    name, text = value.split("=")
    line, options = read(*kind, f"--{name}={text.strip('(,)')}")
    assert str(getattr(train_tf.network(line, options, **labels), name)) == text


def test_a_joint_run_has_directories_of_its_own():
    _, options = read("--joint")
    assert options.run_dir == "runs/demo-small-joint"
    assert options.export_dir == "saved_models/demo-small-joint"


def test_a_setting_of_another_kind_of_network_is_refused():
    with pytest.raises(ValueError, match="Invalid `context_units`"):
        train_tf.settings(*read("--context_units=7"))


@pytest.mark.parametrize(
    ("arguments", "learns"),
    [
        (["--preset=paper"], True),
        (["--preset=paper", "--c3d_weights=file"], False),
        (["--preset=paper", "--cache_features"], False),
        (["--preset=paper", "--notrain_c3d"], False),
        (["--preset=spatial"], False),
    ],
)
def test_an_encoder_learns_unless_it_is_pretrained_or_cached(arguments, learns):
    assert train_tf.settings(*read(*arguments))[1].train_c3d is learns


def test_encoder_head_and_features_are_flags():
    config, _ = train_tf.settings(
        *read(
            "--preset=spatial",
            "--encoder=keras/MobileNetV2",
            "--features=block_13_expand_relu",
            "--head=dense",
            "--recurrent=lstm",
        )
    )
    assert (config.encoder, config.head) == ("keras/MobileNetV2", "dense")


def _weights_file(path, config):
    draw = np.random.default_rng(0)
    weights = {}
    for layer in build_c3d(config.input_size, FILTERS).layers:
        for name, value in zip(
            ("kernel", "bias"), layer.get_weights(), strict=False
        ):
            # Positive, so that no ReLU is dead and all of them learn.
            drawn = draw.uniform(0, 0.04, value.shape)
            weights[f"{layer.name}/{name}"] = drawn.astype(np.float32)
    save_c3d_weights(path, weights)
    return weights


@pytest.mark.parametrize("learns", [False, True])
def test_pretrained_weights_stay_unless_they_are_to_learn(
    learns, demo_dir, main, with_c3d, trainers, tmp_path
):
    weights = _weights_file(tmp_path / "c3d.npz", with_c3d)
    arguments = ["--train_c3d"] if learns else []
    arguments += ["--dry_run", "--learning_rate=1e-4"]  # It makes two steps.
    assert main(demo_dir, "--c3d_weights=c3d.npz", *arguments) == 0
    (trainer,) = trainers
    assert trainer.config.train_c3d is learns
    network = clip_network(trainer.model)
    for name in ("conv1a", "conv3b", "conv5b"):
        kernel = weights[f"{name}/kernel"]
        if name == "conv1a":
            kernel = kernel / PIXEL_SCALE
        found = network.get_layer(name).kernel.numpy()
        assert np.array_equal(found, kernel) is not learns
        # They did come from the file.
        np.testing.assert_allclose(found, kernel, atol=0.02)


@pytest.mark.parametrize(
    "content", [None, b"", b"no weights of C3D", b"\x80\x02}."]
)
def test_a_wrong_file_of_weights_is_an_error_before_anything_is_written(
    content, main, tmp_path, capsys
):
    path = tmp_path / "c3d.npz"
    if content is not None:
        path.write_bytes(content)
    assert main(tmp_path / "data", f"--c3d_weights={path}") == 1
    assert str(path) in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} <= {"c3d.npz"}


def test_weights_of_other_widths_are_an_error(
    demo_dir, main, with_c3d, tmp_path, capsys, monkeypatch
):
    _weights_file(tmp_path / "c3d.npz", with_c3d)
    wider = dataclasses.replace(with_c3d, filters=((3,), *FILTERS[1:]))
    monkeypatch.setitem(presets.PRESETS, "small", wider)
    assert main(demo_dir, "--c3d_weights=c3d.npz") == 1
    assert "'conv1a/kernel' of shape (3, 3, 3, 3, 2)" in capsys.readouterr().err
    assert os.listdir(tmp_path / "run") == [LOCK_FILE]


def test_cached_features_are_computed_once_for_two_runs(
    demo_dir, main, tmp_path, request, monkeypatch
):
    choose_quickly(monkeypatch)
    data_dir = shutil.copytree(demo_dir, tmp_path / "data")
    cached = ("--cache_features", "--noflip")
    assert main(data_dir, *cached) == 0
    scores = json.loads((tmp_path / "run/test_scores.json").read_text())
    assert np.isfinite(scores["scores"]["model"]["bits"]["mean"])
    assert (tmp_path / "saved" / "1" / "saved_model.pb").exists()

    def written():
        return {
            path: path.stat().st_mtime_ns
            for path in (data_dir / "features").rglob("*.tfrecord*")
        }

    first = written()
    assert len(first) > 0
    request.getfixturevalue("only_training")
    assert main(data_dir, *cached, "--units=5", "--run_dir=other") == 0
    assert written() == first


def test_training_on_all_runs_every_epoch_and_keeps_the_last(
    demo_dir, main, only_training, trainers, tmp_path
):
    arguments = ("--train_split=train+validation", "--num_epochs=2")
    assert main(demo_dir, *arguments, "--patience=1") == 0
    (trainer,) = trainers
    assert trainer.progress.epoch == 2
    # Eight videos to train on, two to validate, of as many windows each.
    assert trainer.progress.step == 2 * trainer.num_steps
    best = json.loads((tmp_path / "run/best/validation.json").read_text())
    assert best["epoch"] == 2
    assert np.isfinite(best["train_loss"])


def test_a_damaged_shard_of_mixed_pictures_is_named(
    demo_dir, tmp_path, capsys, monkeypatch
):
    make_pictures(tmp_path / "pictures", 3)
    shard = min((tmp_path / "pictures").glob("*.tfrecord*"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)

    def train(*_):
        raise tf.errors.DataLossError(None, None, "corrupted record")

    monkeypatch.setattr(train_tf, "train", train)
    directories = demo_dir, tmp_path / "pictures"
    flags = zip(("--data_dir", "--mix_data_dir"), directories, strict=True)
    flags = [f"{flag}={directory}" for flag, directory in flags]
    assert train_tf.main(["--dataset=demo", *flags]) == 1
    assert f"Corrupted record in ['{shard}']" in capsys.readouterr().err


def test_a_dry_run_leaves_no_trace(demo_dir, main, tmp_path, capsys):
    before = sorted(demo_dir.rglob("*"))
    assert main(demo_dir, "--dry_run") == 0
    assert "parameters" in capsys.readouterr().out
    assert sorted(demo_dir.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_export_is_an_error_before_training(
    demo_dir, main, tmp_path, capsys
):
    (tmp_path / "saved").write_text("in the way")
    assert main(demo_dir) == 1
    assert "saved" in capsys.readouterr().err
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_disk_that_is_too_small_is_an_error_before_training(
    demo_dir, main, tmp_path, capsys, monkeypatch
):
    usage = type(shutil.disk_usage(tmp_path))(100, 0, 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert main(demo_dir) == 1
    error = capsys.readouterr().err
    assert "No room in 'run'" in error
    assert "1 MiB free" in error
    assert os.listdir(tmp_path / "run") == [LOCK_FILE]


def test_another_number_of_demo_videos_than_there_are_is_refused(demo_dir):
    data = f"--data_dir={demo_dir}"
    train_tf.ensure_prepared(read(data, "--demo_videos=12")[1])
    with pytest.raises(ValueError, match="Expected 12.*demo_videos=13"):
        train_tf.ensure_prepared(read(data, "--demo_videos=13")[1])
