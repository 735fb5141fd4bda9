"""`rmdn calibrate`: a model that every command takes, and what it tells."""

import dataclasses
import json

import numpy as np
import pytest

from rmdn_tf import calibrate, export
from rmdn_tf.calibration import finetuning
from rmdn_tf.calibration.applying import calibrated
from rmdn_tf.calibration.fitting import Densities, frame_bits
from rmdn_tf.calibration.sample import read_sample
from rmdn_tf.calibration.validation import Gain
from rmdn_tf.evaluation.split_baselines import Settings
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.saving import save_model
from rmdn_tf.prediction.attention_model import load
from rmdn_tf.runs.fingerprint import fingerprint
from rmdn_tf.runs.loading import load_keras, load_stateful
from rmdn_tf.runs.run_facts import describe_run
from rmdn_tf.runtimes.loading import load_portable
from tests.helpers.made_samples import numbers_of
from tests.helpers.made_videos import moving_square
from tests.helpers.portable_networks import moving_frames, streamed
from tests.helpers.quick_choices import choose_quickly

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(trained_run, demo_dir, tmp_path_factory):
    """The calibrated run, and what the command printed."""
    output = tmp_path_factory.mktemp("calibrated") / "run"
    words = f"--model {trained_run} --data_dir {demo_dir} --output {output}"
    with pytest.MonkeyPatch.context() as monkeypatch:
        printed = []
        monkeypatch.setattr("builtins.print", lambda *a, **_: printed.extend(a))
        code = calibrate.main([*words.split(), "--num_frames", "60"])
    assert code == 0
    return output, "\n".join(printed)


@pytest.fixture(scope="module")
def run(told):
    return told[0]


def scored(path, data_dir, monkeypatch, size=(96, 128)):
    """Mean bits of a model on the frames of a split, by an evaluation."""
    choose_quickly(monkeypatch)
    evaluation = SplitEvaluation(data_dir, "test", Settings(size=size))
    evaluation.add_model("model", *load_stateful(path), mix=False)
    return evaluation.run().mean("model", "bits")


def test_bits_are_those_of_an_evaluation(
    trained_run, demo_dir, tmp_path, monkeypatch
):
    """Also where much of the density lies outside the frame."""
    model, config = load_keras(trained_run)
    wide, wider = calibrated(model, config, numbers_of(0.8, 4.0, 0.3))
    save_model(wide, wider, tmp_path / "wide")
    densities = Densities(read_sample(wide, wider, demo_dir, "test", 10**6))
    assert densities.inside()[0].mean() < 0.9
    expected = scored(tmp_path / "wide", demo_dir, monkeypatch)
    assert abs(frame_bits(densities).mean() - expected) < 0.005


def test_a_head_is_saved_only_if_it_gains(
    trained_run, demo_dir, tmp_path, monkeypatch, capsys
):
    settings = dataclasses.replace(
        finetuning.TRAINING, learning_rate=3e-3, num_epochs=2
    )
    monkeypatch.setattr(finetuning, "TRAINING", settings)
    bits = {}
    for gains in (False, True):
        decided = property(lambda _, gains=gains: gains)
        monkeypatch.setattr(Gain, "prefers_tuned", decided)
        output = tmp_path / str(gains)
        words = f"--model {trained_run} --data_dir {demo_dir} --finetune"
        assert calibrate.main([*words.split(), "--output", str(output)]) == 0
        facts = json.loads((output / "calibration.json").read_text())
        assert facts["finetuning"]["is_saved"] == gains
        printed = capsys.readouterr().out
        assert "fine-tuned, cross-validated" in printed
        assert ("calibrated only" in printed) != gains
        bits[gains] = scored(output, demo_dir, monkeypatch, (24, 32))
    assert abs(bits[True] - bits[False]) > 0.01


def mixtures(path):
    model = load(str(path))
    return [density for _, density in model.stream(moving_square())]


def test_the_command_tells_what_it_fitted_and_what_that_gains(told):
    run, printed = told
    assert "60 frames of 8 videos" in printed
    assert "calibrated, cross-validated" in printed and "8 videos)" in printed
    for word in ("sharpness", "spread", "share", f"model: {run}"):
        assert word in printed


def test_the_facts_say_from_which_model_and_dataset(run, trained_run):
    facts = json.loads((run / "calibration.json").read_text())
    assert facts["model"]["sha256"] == fingerprint(trained_run)
    assert facts["dataset"]["name"] == "demo"
    assert facts["dataset"]["num_frames"] == 60
    assert facts["bits"]["tested_on"] == "videos"
    assert describe_run(run)["calibration"] == facts
    # One epoch leaves much for three numbers to gain.
    assert facts["bits"]["gain"]["mean"] > 0
    weights = np.array(facts["numbers"]["centre"])[:, 0]
    np.testing.assert_allclose(weights.sum(), 1, rtol=1e-5)


def test_every_density_is_the_model_s_under_the_numbers(run, trained_run):
    facts = json.loads((run / "calibration.json").read_text())["numbers"]
    for before, after in zip(mixtures(trained_run), mixtures(run), strict=True):
        old, new = before.moments(), after.moments()
        own = old.weight ** facts["sharpness"]
        own *= (1 - facts["share"]) / own.sum()
        count = len(own)
        np.testing.assert_allclose(new.weight[:count], own, rtol=1e-3)
        np.testing.assert_allclose(
            new.scale_x[:count],
            facts["spread"] * old.scale_x,
            rtol=1e-4,
        )
        centre = np.array(facts["centre"])
        np.testing.assert_allclose(
            new.weight[count:],
            facts["share"] * centre[:, 0],
            rtol=1e-3,
            atol=1e-6,
        )
        np.testing.assert_allclose(new.x[count:], centre[:, 1], atol=1e-5)


def test_evaluation_scores_it_higher_than_before(
    run, trained_run, demo_dir, monkeypatch
):
    choose_quickly(monkeypatch)
    evaluation = SplitEvaluation(demo_dir, "train", Settings(size=(24, 32)))
    for name, path in (("before", trained_run), ("after", run)):
        evaluation.add_model(name, *load_stateful(path), mix=False)
    scores = evaluation.run()
    assert scores.mean("after", "bits") > scores.mean("before", "bits")


@pytest.mark.parametrize(
    ("form", "library"), [("litert", "ai_edge_litert"), ("onnx", "tf2onnx")]
)
def test_an_exported_file_gives_the_same_mixtures(run, tmp_path, form, library):
    pytest.importorskip(library)
    file = tmp_path / f"m.{'tflite' if form == 'litert' else form}"
    words = f"--model {run} --format {form} --output {file}"
    assert export.main(words.split()) == 0
    keras_model, config = load_keras(run)
    frames = moving_frames(16, config.input_size)
    expected = streamed(KerasNetwork(keras_model), config, frames, [7])
    network, described = load_portable(file)
    assert described == config
    received = streamed(network, config, frames, [7])
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-4)


def test_identity_gives_the_density_that_was(trained_run):
    model, config = load_keras(trained_run)
    same, wider = calibrated(model, config, numbers_of())
    assert wider.calibrated_components == 2
    frames = moving_frames(16, config.input_size)
    before = streamed(KerasNetwork(model), config, frames, [])
    after = streamed(KerasNetwork(same), wider, frames, [])
    number = config.num_components
    np.testing.assert_array_equal(after[:, :number, 1:], before[:, :, 1:])
    shift = after[:, :number, 0] - before[..., 0]  # Normalized logits.
    np.testing.assert_allclose(shift - shift[:, :1], 0, atol=1e-6)
    assert (after[:, number:, 0] < -100).all()


def refused(capsys, *words):
    assert calibrate.main([*map(str, words)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_calibrated_model_is_not_calibrated_again(
    run, demo_dir, tmp_path, capsys
):
    words = ("--model", run, "--data_dir", demo_dir, "--output", tmp_path / "c")
    line = refused(capsys, *words)
    assert "a model that is not calibrated yet" in line
    assert [*tmp_path.iterdir()] == []


def test_a_saved_model_cannot_be_calibrated(
    saved_model, demo_dir, tmp_path, capsys
):
    output = tmp_path / "c"
    line = refused(
        *(capsys, "--model", saved_model.parent, "--data_dir", demo_dir),
        *("--output", output),
    )
    assert "Expected the directory of a run" in line
    assert "an exported network" in line


def test_a_split_without_fixations_is_refused(trained_run, tmp_path, capsys):
    from rmdn_tf.data.records import Fixations
    from tests.helpers.made_datasets import make_dataset, make_record

    blind = make_record("b", "test", fixations=Fixations.from_rows([]))
    shards = {"train.tfrecord": [make_record("a")], "test.tfrecord": [blind]}
    make_dataset(tmp_path / "d", shards)
    words = ("--model", trained_run, "--data_dir", tmp_path / "d")
    words += ("--output", tmp_path / "c")
    line = refused(capsys, *words, "--split", "test")
    assert "as in ['train']. Received: split='test', " in line
    line = refused(capsys, *words)
    assert "at least 100 fixations" in line and "with 3 fixations" in line
