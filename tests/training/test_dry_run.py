"""A dry run estimates what a run needs, and leaves no file."""

import dataclasses
import re
import types

import pytest

from rmdn_tf.data.windows import Window
from rmdn_tf.encoders.c3d import build_c3d
from rmdn_tf.model.config import DenseConfig
from rmdn_tf.model.parts import clip_network
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.training.dry_run import dry_run, flops_per_frame
from rmdn_tf.training.trainer import Trainer
from tests.helpers.made_steps import TINY_TRAINING

pytestmark = pytest.mark.slow


def _report(trainer):
    text = dry_run(trainer)
    return dict(
        re.split(r"\s{2,}", line, maxsplit=1) for line in text.split("\n")
    )


def test_the_papers_c3d_takes_77_gflop_a_clip():
    config = DenseConfig(units=1, num_components=1)
    run = types.SimpleNamespace(
        model=build_rmdn(config), window=Window(clip_stride=1)
    )
    of_c3d = sum(
        2 * layer.count_params() * _places(layer)
        - 2 * layer.filters * _places(layer)  # without the bias
        for layer in build_c3d().layers
        if layer.name.startswith("conv")
    )
    assert of_c3d == pytest.approx(77e9, rel=0.01)
    of_head = 2 * (50_176 * 4 + 1 * 4 + 1 * 6)
    assert flops_per_frame(run) == of_c3d + of_head
    run.window = Window(clip_stride=4)
    assert flops_per_frame(run) == (of_c3d + of_head) / 4


def _places(layer):
    _, frames, rows, columns, _ = layer.output.shape
    return frames * rows * columns


def test_the_numbers_are_those_of_the_run(demo_dir, tiny_model, tmp_path):
    trainer = Trainer(tiny_model, TINY_TRAINING, demo_dir, tmp_path)
    report = _report(trainer)
    total = build_rmdn(tiny_model).count_params()
    assert report["parameters"] == f"{total:,}, {total:,} of them learn"
    assert f"{trainer.num_steps} steps an epoch" in report["time"]
    assert float(report["loss of a step"].split()[0]) > -10
    assert not list(tmp_path.iterdir())


def test_features_are_counted_but_not_cached(demo_dir, tiny_model, tmp_path):
    config = dataclasses.replace(
        TINY_TRAINING, train_c3d=False, flip=False, cache_features=True
    )
    before = sorted(demo_dir.rglob("*"))
    report = _report(Trainer(tiny_model, config, demo_dir, tmp_path))
    # conv5b of the tiny network is 2 x 1 x 1 x 2.
    assert "frames, 4 numbers each" in report["features, once"]
    assert sorted(demo_dir.rglob("*")) == before
    model = build_rmdn(tiny_model)
    total = model.count_params()
    learn = total - clip_network(model).count_params()
    assert report["parameters"] == f"{total:,}, {learn:,} of them learn"


def test_a_checkpoint_is_as_large_as_told(demo_dir, tiny_model, tmp_path):
    trainer = Trainer(tiny_model, TINY_TRAINING, demo_dir, tmp_path)
    told = trainer.checkpoint_bytes()
    saved = tmp_path / "checkpoint"
    trainer._checkpoint.write(str(saved))
    (data,) = tmp_path.glob("*.data*")
    # Besides numbers it holds their names and how far the run is.
    assert told < data.stat().st_size < told + 20_000
