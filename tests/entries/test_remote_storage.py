"""All commands on a server of S3, from raw videos to scores."""

import json

import pytest

from tests.helpers.raw_writers import write_folder

pytestmark = [pytest.mark.slow, pytest.mark.versions]

COMMANDS = """
import json, sys
from rmdn_tf import evaluate
from tfrecords_tools import prepare, show_records
import train_tf

folder = sys.argv[1]
raw, data, run = (f"{folder}/{name}" for name in ("raw", "data", "run"))
made = ["--dataset=demo", "--demo_videos=6", "--height=24", "--width=32"]
train = [
    "--dataset=demo", f"--data_dir={folder}/demo", f"--run_dir={run}",
    f"--export_dir={sys.argv[2]}", "--input_size=16,16", "--units=4",
    "--filters=2;2;2;2;2", "--batch_size=2", "--cache_features", "--flip=false",
]
for command, *flags in (
    (prepare, "--dataset=folder", f"--raw_dir={raw}", f"--output_dir={data}",
     "--height=12", "--width=16", "--workers=1", "--num_shards=1"),
    (show_records, "--verify", f"--data_dir={data}"),
    (prepare, *made, f"--output_dir={folder}/demo", "--workers=1"),
    (train_tf, *train, "--num_epochs=1"),
    (train_tf, *train, "--num_epochs=2"),
    (evaluate, f"--model={run}", f"--data_dir={folder}/demo",
     f"--output_dir={folder}/scores"),
):
    code = command.main(flags)
    print("code", code, flush=True)
    if code:
        sys.exit(code)
"""


def test_raw_videos_become_a_dataset_a_model_and_scores_on_s3(
    s3_server, tmp_path
):
    write_folder(tmp_path / "raw")
    for path in (tmp_path / "raw").rglob("*"):
        if path.is_file():
            inner = path.relative_to(tmp_path).as_posix()
            s3_server.put_file(path, f"all/{inner}")
    finished = s3_server.run(
        *("-c", COMMANDS, s3_server.path("all"), str(tmp_path / "export")),
        timeout=900,
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.count("code 0") == 6
    assert "is sound" in finished.stdout
    assert "Going on after step" in finished.stdout
    info = json.loads(s3_server.get("all/data/dataset_info.json"))
    assert sum(len(split["shards"]) for split in info["splits"].values())
    assert info["unreadable"] == {}
    validation = json.loads(s3_server.get("all/run/best/validation.json"))
    assert validation["epoch"] in (1, 2)
    assert b"ckpt" in s3_server.get("all/run/checkpoints/checkpoint")
    scores = json.loads(s3_server.get("all/scores/test_scores.json"))
    assert "model" in scores["scores"]
    assert not (tmp_path / "s3:").exists()
    names = s3_server.names("all")
    assert not [name for name in names if "partial" in name]
    assert [name for name in names if "/logs/train/events" in name]


SECRET = "wJalrXUtnFEMI-K7MDENG"
ERRORS = """
import sys
from rmdn_tf import calibrate, evaluate, export, predict, recognize_actions
from tfrecords_tools import prepare, show_records
import train_tf

missing = sys.argv[1]
paths = [
    "s3://KEY:" + sys.argv[2] + "@bucket/data",
    "https://me:" + sys.argv[2] + "@127.0.0.1:9/data?sig=" + sys.argv[2],
    missing,
]
for path in paths:
    for command, *flags in (
        (prepare, "--dataset=folder", f"--raw_dir={path}", "--output_dir=out"),
        (prepare, "--dataset=demo", f"--output_dir={path}"),
        (show_records, f"--data_dir={path}"),
        (show_records, "--verify", f"--data_dir={path}"),
        (train_tf, "--dataset=x", f"--data_dir={path}"),
        (train_tf, "--dataset=demo", f"--run_dir={path}",
         f"--export_dir={path}"),
        (evaluate, "--model=default", f"--data_dir={path}",
         "--output_dir=out"),
        (evaluate, f"--model={path}", f"--data_dir={path}",
         f"--output_dir={path}"),
        (calibrate, f"--data_dir={path}", "--output=out"),
        (export, f"--model={path}", "--output=out"),
        (recognize_actions, f"--data_dir={path}", "--dataset=x"),
        (predict, f"--model={path}", "--video=x.mp4", "--output=y.mp4"),
    ):
        for more in ((), ("--verbosity=1",)):
            if path == missing and command is prepare:
                continue
            code = command.main([*flags, *more])
            print(command.__name__, code, flush=True)
            assert code, (command, flags)
"""


def test_no_command_tells_a_password_or_a_signature(s3_server, tmp_path):
    environment = s3_server.environment | {
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "PYTHONPATH": s3_server.environment.get("PYTHONPATH", ""),
    }
    missing = s3_server.path("missing")
    finished = s3_server.run(
        "-c", ERRORS, missing, SECRET, environment=environment, cwd=tmp_path
    )
    said = finished.stdout + finished.stderr
    assert finished.returncode == 0, said[-3000:]
    assert SECRET not in said
    assert "***" in said
    written = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    assert not [content for content in written if SECRET.encode() in content]


def test_a_server_that_refuses_is_told_in_bounded_time(s3_server, tmp_path):
    environment = s3_server.environment | {"S3_ENDPOINT": "http://127.0.0.1:9"}
    finished = s3_server.run(
        *("-m", "tfrecords_tools.show_records"),
        f"--data_dir={s3_server.path('data')}",
        environment=environment,
        timeout=120,
    )
    assert finished.returncode == 1
    assert "Error: Cannot read 's3://bucket/data" in finished.stderr
    assert "http://127.0.0.1:9" in finished.stderr
