"""The scripts of the paper's tables, and what collects their scores."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

import train_tf
from experiments import best_epoch, collect
from rmdn_tf import evaluate
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.model import presets
from rmdn_tf.training.config import PRESETS

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
EXPERIMENTS = REPOSITORY / "experiments"
SCRIPTS = sorted((EXPERIMENTS / "table1").glob("*.sh"))
NUM_EPOCHS = 7

# What a script changes of the paper's settings.
CHANGES = {
    "components_10": {"num_components": 10},
    "components_2": {"num_components": 2},
    "fc6": {"features": "fc6"},
    "fine_tuned": {"train_c3d": True, "cache_features": False},
    "full": {"train_split": "train+validation", "num_epochs": NUM_EPOCHS},
    "lstm": {},
    "more_fixations": {"fixations_per_frame": 64},
    "no_recurrence": {"recurrent": "none"},
    "rnn": {"recurrent": "rnn"},
}

# Says what it was called with; stands for `best_epoch.py` as well.
PYTHON = f"""#!{sys.executable}
import sys
if "best_epoch.py" in sys.argv[1]:
    if {{fails}}:
        sys.exit(1)
    print({NUM_EPOCHS})
else:
    print("\\n".join(sys.argv[1:]))
"""


def _run(script, tmp_path, *arguments, fails=False, **environment):
    stub = tmp_path / "python"
    stub.write_text(PYTHON.format(fails=fails))
    stub.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, "PATH": path, **environment},
    )


def _command(script, tmp_path, *arguments, **environment):
    finished = _run(script, tmp_path, *arguments, **environment)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


def _read(command):
    """Returns the options of `train_tf.py`, and its settings as a dict."""
    assert command[0] == "train_tf.py"
    line = CommandLine(train_tf.SETTINGS, command[1:])
    options = line.read(train_tf.Options)
    network, training = train_tf.settings(line, options)
    return options, vars(network) | vars(training)


def test_there_is_a_test_of_every_script():
    assert {script.stem for script in SCRIPTS} == {*CHANGES, "tcb"}


@pytest.mark.parametrize("name", CHANGES)
def test_a_script_differs_from_the_paper_in_its_row_alone(name, tmp_path):
    script = EXPERIMENTS / "table1" / f"{name}.sh"
    options, settings = _read(_command(script, tmp_path))
    expected = {
        **vars(presets.PRESETS["paper"]),
        **vars(PRESETS["paper"]),
        "cache_features": True,
    }
    assert settings == expected | CHANGES[name]
    assert options.dataset == "hollywood2"
    assert options.c3d_weights == "c3d.npz"
    assert options.run_dir == f"runs/table1/{name}"
    assert options.export_dir == f"saved_models/table1-{name}"


@pytest.mark.parametrize("name", CHANGES)
def test_a_script_takes_a_dataset_and_more_flags(name, tmp_path):
    command = _command(
        EXPERIMENTS / "table1" / f"{name}.sh",
        tmp_path,
        "--preset=small",
        "--noflip",
        "--seed=3",
        DATASET="demo",
        C3D_WEIGHTS="other.npz",
    )
    options, settings = _read(command)
    assert settings["seed"] == 3
    assert settings["input_size"] == presets.PRESETS["small"].input_size
    assert options.dataset == "demo"
    assert options.c3d_weights == "other.npz"


def test_the_trained_centre_is_evaluated_without_a_model(tmp_path):
    command = _command(
        EXPERIMENTS / "table1" / "tcb.sh", tmp_path, DATASET="demo"
    )
    assert command[:2] == ["-m", "rmdn_tf.evaluate"]
    line = CommandLine([evaluate.Options], command[2:])
    options = line.read(evaluate.Options)
    assert options.model == options.maps == ()
    assert options.data_dir == "data/demo"
    assert options.split == "test"
    assert options.output_dir == "runs/table1/tcb"


def test_retraining_on_all_waits_for_the_run_that_chooses_the_epochs(tmp_path):
    script = EXPERIMENTS / "table1" / "full.sh"
    finished = _run(script, tmp_path, fails=True)
    assert finished.returncode != 0
    assert finished.stdout == ""


def test_the_best_epoch_is_that_of_the_best_model(tmp_path, capsys):
    command = [str(tmp_path)]
    assert best_epoch.main(command) == 1
    assert f"no finished epoch in '{tmp_path}/best" in capsys.readouterr().err
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "validation.json").write_text('{"epoch": 12}')
    assert best_epoch.main(command) == 0
    assert capsys.readouterr().out == "12\n"


def _scores(run_dir, name, **predictors):
    run_dir.mkdir()
    rest = {"auc_judd": 0.5, "nss": 1.25, "cc": 0.1, "sim": 0.2, "kl": 3.0}
    scores = {
        predictor: {"bits": {"mean": bits, "low": None, "high": None}}
        | {
            metric: {"mean": mean, "low": mean - 0.05, "high": mean + 0.05}
            for metric, mean in rest.items()
        }
        for predictor, bits in predictors.items()
    }
    document = {"dataset": name, "num_videos": 884, "scores": scores}
    (run_dir / "test_scores.json").write_text(json.dumps(document))


def test_runs_are_collected_into_one_table(tmp_path, capsys):
    _scores(tmp_path / "lstm", "hollywood2", TCB=1.0, model=2.71828)
    _scores(tmp_path / "tcb", "hollywood2", TCB="-inf", uniform=0.0)
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "test_scores.json").write_text('{"scores": {')
    names = ("lstm", "unfinished", "damaged", "tcb")
    code = collect.main([str(tmp_path / name) for name in names])
    printed = capsys.readouterr()
    rest = (
        "0.5000 [0.4500, 0.5500] | 1.2500 [1.2000, 1.3000] | "
        "0.1000 [0.0500, 0.1500] | 0.2000 [0.1500, 0.2500] | "
        "3.0000 [2.9500, 3.0500] |"
    )
    assert printed.out.splitlines() == [
        "| run | dataset | videos | bits | auc_judd | nss | cc | sim | kl |",
        "|---|---|---|---|---|---|---|---|---|",
        f"| lstm | hollywood2 | 884 | 2.7183 | {rest}",
        f"| tcb | hollywood2 | 884 | -inf | {rest}",
    ]
    assert code == 1
    for name in ("unfinished", "damaged"):
        assert f"no scores in '{tmp_path / name}'" in printed.err


@pytest.mark.parametrize("script", [collect, best_epoch])
def test_without_a_run_the_usage_is_told(script, capsys):
    with pytest.raises(SystemExit) as ended:
        script.main([])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_the_readme_names_every_script():
    text = (EXPERIMENTS / "README.md").read_text()
    for script in SCRIPTS:
        assert script.name in text
