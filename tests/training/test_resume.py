"""A run that is killed goes on as if it had not been, bit for bit."""

import concurrent.futures
import random
import re
import time

import numpy as np
import pytest

from tests.conftest import SIZE
from tests.helpers.made_pictures import make_pictures
from tests.helpers.train_worker import (
    IN_ORDER,
    NUM_STEPS,
    RANDOM_CUTS,
    start,
    train_here,
)

pytestmark = pytest.mark.slow

ADAM = {"optimizer": "adam", "learning_rate": 1e-2}
MIXED = {
    "optimizer": "adamw",
    "weight_decay": 1e-2,
    "learning_rate": 1e-2,
    "schedule": "cosine",
    "ema_decay": 0.9,
    "init_from": "0",
    # Half of them pictures: as many steps as without these.
    "batch_size": 4,
}
RUN = {"checkpoint_steps": 3}
CHECKPOINTS = sorted({*range(0, NUM_STEPS, 3), NUM_STEPS // 2})
"""Steps after which there is one; the end of an epoch makes one too."""


def _kill_after(line, seconds, data_dir, run_dir, **settings):
    """Kills a run so long after a line; returns all that it has said."""
    process = start(data_dir, run_dir, run=RUN, **settings)
    lines = []
    for line_there in process.stdout:
        lines.append(line_there)
        if line_there == f"{line}\n":
            time.sleep(seconds)
            process.kill()
    assert process.wait(60) == -9, lines
    return "".join(lines)


def _check_start(said, killed_after):
    """Checks where a run goes on; the kill may have come a little later."""
    match = re.search(r"^Going on after step (\d+)\.$", said, re.M)
    step = int(match[1]) if match else 0
    assert step in CHECKPOINTS
    assert step >= max(n for n in CHECKPOINTS if n < killed_after)
    return step


def test_runs_that_are_killed_learn_what_undisturbed_ones_do(
    demo_dir, tmp_path, capsys
):
    # Any moment will do, hence others every time; the seed is printed.
    seed = random.SystemRandom().randrange(10**6)
    draw = random.Random(seed)
    early = draw.randrange(1, NUM_STEPS // 2)
    late = draw.choice([n for n in CHECKPOINTS if n > NUM_STEPS // 2])
    seconds = draw.uniform(0, 0.2)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    make_pictures(tmp_path / "pictures", 12, size=SIZE)
    mix = {"mix_data_dirs": [str(tmp_path / "pictures")]}
    first, second = IN_ORDER | ADAM, RANDOM_CUTS | MIXED | mix

    def kill_twice():
        arguments = (demo_dir, killed)
        _kill_after(f"step {early}", 0, *arguments, training=[first])
        # Goes on with the first run, then is killed in the second.
        return _kill_after(
            "saving",
            seconds,
            *arguments,
            training=[first, second],
            saves_for_ever_at=late,
        )

    with concurrent.futures.ThreadPoolExecutor() as pool:
        killing = pool.submit(kill_twice)
        expected = [
            train_here(demo_dir, whole / str(number), training, RUN)
            for number, training in enumerate((first, second))
        ]
        said = killing.result()
    step = _check_start(said, early)
    assert re.findall(r"^step (\d+)$", said, re.M)[0] == str(step + 1)
    with np.load(killed / "0" / "learned.npz") as arrays:
        got = [[*arrays.values()]]
    capsys.readouterr()
    got.append(train_here(demo_dir, killed / "1", second, RUN))
    said = capsys.readouterr().out
    print(f"{seed=}")
    assert _check_start(said, late) <= late
    for of_run, wanted in zip(got, expected, strict=True):
        for array, wanted_array in zip(of_run, wanted, strict=True):
            np.testing.assert_array_equal(array, wanted_array)
