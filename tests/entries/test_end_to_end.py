"""The whole path as a user runs it, and what it says when it cannot go on."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import train_tf
from rmdn_tf import evaluate
from rmdn_tf.files.locks import LOCK_FILE
from rmdn_tf.reports.split_report import evaluate_model
from rmdn_tf.runs.loading import served_metadata
from rmdn_tf.runs.run_facts import describe_run
from rmdn_tf.training import trainer as training
from rmdn_tf.training.config import TrainingConfig
from tests.helpers.quick_choices import choose_quickly
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo
from tfrecords_tools.sources.video_database import VideoDatabase

pytestmark = [pytest.mark.slow, pytest.mark.versions]

# One clip a split, the smallest or shortest of each.
REAL_CLIPS = ("BasketballPass", "ChinaSpeed", "PeopleOnStreet")


@pytest.mark.usefixtures("forked_workers")
def test_one_command_prepares_trains_evaluates_and_exports(
    tmp_path, capsys, monkeypatch
):
    choose_quickly(monkeypatch)
    flags = [
        "--dataset=demo",
        "--demo_videos=6",
        "--num_epochs=1",
        "--input_size=16,16",
        "--filters=2;2;2;2;2",
        "--units=4",
        f"--data_dir={tmp_path}/data",
        f"--run_dir={tmp_path}/run",
        f"--export_dir={tmp_path}/saved/demo",
    ]
    assert train_tf.main(flags) == 0
    printed = capsys.readouterr().out
    rows = [line.split()[0] for line in printed.splitlines() if line]
    for predictor in ("uniform", "centre", "TCB", "model", "oracle"):
        assert predictor in rows
    assert "of the gap between TCB and the oracle" in printed
    scores = json.loads((tmp_path / "run" / "test_scores.json").read_text())
    assert scores["num_frames"] == 96
    best, least = (scores["scores"][name]["bits"] for name in ("oracle", "TCB"))
    assert best["mean"] > least["mean"]
    picture = (tmp_path / "run" / "test_densities.png").read_bytes()
    assert tf.io.decode_png(picture).shape[0] > 100
    served = tf.saved_model.load(f"{tmp_path}/saved/demo/1")
    frames = tf.zeros([1, 20, 30, 40, 3], tf.uint8)
    outputs = served.signatures["serving_default"](
        frames=frames, map_size=tf.constant([[30, 40]])
    )
    np.testing.assert_allclose(
        tf.reduce_sum(outputs["densities"], [2, 3]), np.ones([1, 5]), rtol=1e-4
    )
    run = served_metadata(tmp_path / "saved/demo")["run"]
    assert (run["dataset"], run["preset"]) == ("demo", "small")
    assert run["validation"]["epoch"] == 1
    model = scores["scores"]["model"]
    known = describe_run(tmp_path / "run")
    assert known["test"]["bits"] == model["bits"]["mean"]


def test_real_clips_go_the_whole_path(
    real_data, tiny_model, tmp_path, monkeypatch
):
    choose_quickly(monkeypatch)
    raw = real_data / "video_database"
    clips = tmp_path / "raw"
    (clips / "videos").mkdir(parents=True)
    shutil.copy(raw / "video_database.mat", clips)
    for name in REAL_CLIPS:
        file = f"videos/{name}.avi"
        (clips / file).symlink_to(raw / file)
    data_dir = tmp_path / "data"
    info = prepare(
        VideoDatabase(clips), data_dir, FrameFormat((32, 44)), num_workers=1
    )
    assert [s.num_videos for s in info.splits.values()] == [1, 1, 1]
    config = TrainingConfig(num_epochs=1, batch_size=2)
    trainer = training.Trainer(tiny_model, config, data_dir, tmp_path / "run")
    best = trainer.train()
    summary = evaluate_model(best, tiny_model, data_dir, "test", tmp_path)
    for key in ("num_frames", "num_fixations"):
        assert summary[key] == getattr(info.splits["test"], key)
    scores = summary["scores"]
    # People look at the middle of a video, and where others look.
    assert min(scores[n]["bits"]["mean"] for n in ("TCB", "human")) > 0.2
    assert scores["centre"]["auc_judd"]["mean"] > 0.6


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ("demoo", "demo, "),
        (
            "video_database",
            "rmdn prepare --dataset video_database "
            "--raw_dir RAW_DIR --output_dir {}/none",
        ),
    ],
)
def test_without_a_prepared_dataset_the_error_tells_the_way_to_one(
    dataset, words, tmp_path, capsys
):
    flags = [f"--dataset={dataset}", f"--data_dir={tmp_path}/none"]
    assert train_tf.main(flags) == 1
    error = capsys.readouterr().err
    assert f"No prepared dataset in '{tmp_path}/none'" in error
    assert words.format(tmp_path) in error
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("flag", "code"),
    [
        ("--batch_size=0", 1),
        ("--num_epochs=0", 1),
        ("--learning_rate=-1", 1),
        ("--window_frames=3", 1),
        ("--fixations_per_frame=0", 1),
        ("--context_units=4", 1),
        ("--num_epochs=many", 2),
        ("--preset=huge", 2),
        ("--input_size=64", 2),
        ("--filters=8;x", 2),
        ("--surplus", 2),
    ],
)
def test_an_invalid_flag_is_refused_before_any_work(
    flag, code, tmp_path, capsys
):
    flags = ["--dataset=demo", flag, f"--data_dir={tmp_path}/data"]
    assert train_tf.main(flags) == code
    assert flag.strip("-").split("=")[0] in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.fixture
def damaged(demo_dir, tmp_path):
    """Returns a function: damages a shard of a copy of `demo_dir`."""

    def damage(split, change):
        data_dir = shutil.copytree(demo_dir, tmp_path / "data")
        shard = min(data_dir.glob(f"{split}.tfrecord*"))
        content = bytearray(shard.read_bytes())
        change(content)
        shard.write_bytes(content)
        return data_dir, shard

    return damage


def test_a_truncated_shard_is_named(damaged, tmp_path, capsys):
    data_dir, shard = damaged("train", bytearray.pop)
    flags = ["--dataset=demo", f"--data_dir={data_dir}"]
    flags += [f"--run_dir={tmp_path}/run", f"--export_dir={tmp_path}/saved"]
    assert train_tf.main(flags) == 1
    error = capsys.readouterr().err
    assert str(shard) in error and "truncated" in error
    assert not (tmp_path / "saved").exists()


def test_a_shard_with_a_flipped_bit_is_an_error_not_a_score(
    damaged, trained_run, tmp_path, capsys
):
    def flip(content):
        content[len(content) // 2] ^= 1

    data_dir, shard = damaged("test", flip)
    model = shutil.copytree(trained_run / "best", tmp_path / "model")
    flags = ["--model", str(model), "--data_dir", str(data_dir)]
    assert evaluate.main(flags) == 1
    error = capsys.readouterr().err
    assert "Corrupted record" in error and str(shard) in error
    assert not (model / "test_scores.json").exists()


def test_baselines_are_scored_without_a_model(
    demo_dir, tmp_path, capsys, monkeypatch
):
    choose_quickly(monkeypatch)
    arguments = ["--data_dir", str(demo_dir), "--output_dir", f"{tmp_path}/out"]
    assert evaluate.main(arguments) == 0
    assert "TCB" in capsys.readouterr().out
    scores = json.loads((tmp_path / "out" / "test_scores.json").read_text())
    names = "uniform centre TCB human oracle"
    assert list(scores["scores"]) == names.split()
    assert evaluate.main(arguments[:2]) == 1
    assert "Missing --output_dir" in capsys.readouterr().err


def test_an_unwritable_run_directory_is_an_error(demo_dir, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    flags = [f"--data_dir={demo_dir}", f"--run_dir={tmp_path}/file/run"]
    assert train_tf.main(["--dataset=demo", *flags]) == 1
    assert "file/run" in capsys.readouterr().err


CHECK_AND_TRAIN = """
import sys
from rmdn_tf.files.file_systems import leave
from rmdn_tf.model.config import DenseConfig
from rmdn_tf.training.trainer import Trainer
from rmdn_tf.training.config import TrainingConfig
from tfrecords_tools import prepare, show_records

data_dir, run_dir, *prepare_demo = sys.argv[1:]
codes = (
    prepare.main([*prepare_demo, "--workers=1"]),
    show_records.main(["--verify", f"--data_dir={data_dir}"]),
)
model_config = DenseConfig(
    input_size=(16, 16),
    filters=((2,), (2,), (2,), (2,), (2,)),
    units=4,
    num_components=3,
    clip_stride=4,
)
config = TrainingConfig(num_epochs=1, batch_size=2)
Trainer(model_config, config, data_dir, run_dir).train()
sys.exit(leave(max(codes)))
"""


def test_a_dataset_is_written_checked_and_trained_from_on_s3(
    s3_server, tmp_path
):
    def succeed(*command):
        process = s3_server.run(*command)
        assert process.returncode == 0, process.stderr
        assert "pure virtual method" not in process.stderr
        return process.stdout + process.stderr

    data_dir = s3_server.path("demo")
    prepare_demo = (
        *("--dataset=demo", "--demo_videos=6", "--num_shards=2"),
        *("--height=48", "--width=64", f"--output_dir={data_dir}"),
    )
    succeed("-m", "tfrecords_tools.prepare", *prepare_demo, "--workers=2")
    run_dir = str(tmp_path / "run")
    said = succeed("-c", CHECK_AND_TRAIN, data_dir, run_dir, *prepare_demo)
    assert "4 of 4 shards are finished already" in said
    assert "is sound" in said
    assert (tmp_path / "run" / "best").is_dir()
    # What lies there is what lies on a disk.
    local, size = tmp_path / "local", (48, 64)
    source, form = Demo(6, size=size), FrameFormat(size)
    prepare(source, local, form, num_shards=2, num_workers=1)
    for path in local.iterdir():
        if path.is_file() and path.name != LOCK_FILE:  # S3 knows no locks.
            assert s3_server.get(f"demo/{path.name}") == path.read_bytes()
