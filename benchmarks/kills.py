"""Kills every command at random moments; checks that all files are whole.

    python -m benchmarks.kills                        # 20 kills of each
    python -m benchmarks.kills --kills 2 export predict

Each command first runs undisturbed. Then it is started and killed (SIGKILL to
all its processes) again and again, and at last runs to its end. If it ends
before a kill, it begins anew in an empty directory.

After every kill, all files with a final name must be readable to their end.
After every end, no leftover may remain and all files must equal those of the
undisturbed run: byte by byte; by content for formats that hold times or a
random order (SavedModels, `.npz`, the list of checkpoints); up to 1e-5 for
numbers in JSON. TensorBoard's logs are not compared.
"""

import argparse
import dataclasses
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.whole_files import differences, half_files, leftovers

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]

TRAIN = (
    *("train_tf.py", "--dataset=demo", "--data_dir=data", "--run_dir=run"),
    *("--export_dir=saved/demo", "--preset=small", "--num_epochs=2"),
    *("--window_frames=24", "--batch_size=4", "--units=8"),
    *("--checkpoint_steps=1", "--keep_checkpoints=2"),
)
# Name -> arguments of Python.
COMMANDS = {
    "prepare": (
        *("-m", "tfrecords_tools.prepare", "--dataset=demo_actions"),
        *("--demo_videos=12", "--height=48", "--width=64", "--num_shards=4"),
        *("--workers=2", "--output_dir=data"),
    ),
    "train": (*TRAIN, "--train_c3d"),
    "cache": (*TRAIN, "--cache_features", "--noflip"),
    "recognise": (
        *("-m", "rmdn_tf.recognize_actions", "--dataset=demo_actions"),
        *("--data_dir=actions", "--output_dir=recognizer", "--attention=tcb"),
        *("--network=efficientnet_lite0", "--clip_stride=16"),
    ),
    "predict": (
        *("-m", "rmdn_tf.predict", "--video=video.mp4", "--model=model"),
        *("--output=out.mp4", "--maps=maps", "--parameters=out.npz"),
    ),
    "export": ("-m", "rmdn_tf.export", "--model=model", "--output=saved/demo"),
}

INPUTS = {
    "prepare": (),
    "train": ("data",),
    "cache": ("data",),
    "recognise": ("actions",),
    "predict": ("model", "video.mp4"),
    "export": ("model",),
}

EARLY_SHARE = 0.1  # Share of the kills before the first file is written.


@dataclasses.dataclass
class Outcome:
    """The results of killing one command.

    Attributes:
        kills, ends: how often the command was killed, or ran to its end.
        half: files with a final name that were not whole.
        different: differences from the undisturbed run.
        left: leftovers after an end.
        failed: messages of runs that ended with an error.
        seconds: time of all runs together.
    """

    kills: int = 0
    ends: int = 0
    half: list[str] = dataclasses.field(default_factory=list)
    different: list[str] = dataclasses.field(default_factory=list)
    left: list[str] = dataclasses.field(default_factory=list)
    failed: list[str] = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    def faults(self) -> list[str]:
        """Returns a line for each fault."""
        return [
            f"{what}: {line}"
            for what, lines in (
                ("half file", self.half),
                ("other than undisturbed", self.different),
                ("leftover", self.left),
                ("error", self.failed),
            )
            for line in lines
        ]


class Victim:
    """Runs and kills a command in a directory of its own.

    Args:
        name: one of `COMMANDS`.
        inputs: directory of the files that commands read.
        work_dir: parent of the directories to run in.
        generator: draws the moments of the kills.
    """

    def __init__(
        self,
        name: str,
        inputs: pathlib.Path,
        work_dir: pathlib.Path,
        generator: random.Random,
    ):
        self._name = name
        self._inputs = inputs
        self._random = generator
        self._calm = work_dir / f"{name}-calm"
        self._killed = work_dir / f"{name}-killed"
        self._log = work_dir / f"{name}.log"

    def run(self, num_kills: int) -> Outcome:
        """Kills the command `num_kills` times, then runs it to its end."""
        outcome, began = Outcome(), time.monotonic()
        self._begin(self._calm)
        self._start(self._calm)
        self._first, self._whole = self._wait_to_the_end(self._calm)
        outcome.failed += self._error()
        self._begin(self._killed)
        while outcome.kills < num_kills and not outcome.failed:
            self._start(self._killed)
            if self._kill():
                outcome.kills += 1
                outcome.half += half_files(self._killed)
            else:
                self._finish(outcome)
                self._begin(self._killed)
        if not outcome.failed:
            self._start(self._killed)
            self._process.wait()
            self._finish(outcome)
        outcome.seconds = time.monotonic() - began
        return outcome

    def _begin(self, directory: pathlib.Path) -> None:
        """Makes a directory that holds only the inputs."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        for name in INPUTS[self._name]:
            source, target = self._inputs / name, directory / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, target)

    def _start(self, directory: pathlib.Path) -> None:
        program, *arguments = COMMANDS[self._name]
        if program != "-m":
            program = str(REPOSITORY / program)
        self._before = _newest(directory)
        with open(self._log, "w") as log:
            self._process = subprocess.Popen(
                [sys.executable, program, *arguments],
                cwd=directory,
                env=os.environ
                | {
                    "PYTHONPATH": str(REPOSITORY),
                    "TF_CPP_MIN_LOG_LEVEL": "3",
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_to_the_end(self, directory: pathlib.Path) -> tuple[float, float]:
        """Returns the seconds to the first file, and from there to the end."""
        began = time.monotonic()
        self._wait_for_work(directory)
        first = time.monotonic() - began
        self._process.wait()
        return first, time.monotonic() - began - first

    def _wait_for_work(self, directory: pathlib.Path) -> None:
        """Waits until the process writes its first file, or ends."""
        while self._process.poll() is None:
            if _newest(directory) != self._before:
                return
            time.sleep(0.02)

    def _kill(self) -> bool:
        """Kills all processes at a random moment; False if they had ended."""
        if self._random.random() < EARLY_SHARE:
            delay = self._random.uniform(0, self._first)
        else:
            self._wait_for_work(self._killed)
            delay = self._random.uniform(0, self._whole)
        try:
            self._process.wait(delay)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            return True
        return False

    def _finish(self, outcome: Outcome) -> None:
        """Compares the files of a finished run."""
        outcome.ends += 1
        outcome.failed += self._error()
        outcome.different += differences(self._calm, self._killed)
        outcome.left += leftovers(self._killed)

    def _error(self) -> list[str]:
        """Returns the last output of a process that failed."""
        if not self._process.returncode:
            return []
        return [self._log.read_text()[-2000:]]


def _newest(directory: pathlib.Path) -> tuple:
    """Returns a value that changes when a file below a directory does."""
    found = []
    for folder, _, files in os.walk(directory):
        found.append((folder, len(files), os.stat(folder).st_mtime_ns))
    return tuple(found)


def make_inputs(directory: pathlib.Path) -> None:
    """Makes the datasets, the model and the video that commands read."""

    def run(*arguments):
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
        subprocess.run(
            [sys.executable, *arguments],
            cwd=directory,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    prepare = ("-m", "tfrecords_tools.prepare", "--height=48", "--width=64")
    prepare += ("--num_shards=2", "--workers=1")
    data = ("--dataset=demo", "--demo_videos=6", "--output_dir=data")
    actions = ("--dataset=demo_actions", "--output_dir=actions")
    run(*prepare, *data)
    run(*prepare, *actions, "--demo_videos=20")
    run("-c", _MAKE_MODEL_AND_VIDEO)


_MAKE_MODEL_AND_VIDEO = """
import av, numpy as np
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.model.config import DenseConfig

config = DenseConfig(
    input_size=(16, 16), filters=((2,),) * 5, units=4, num_components=3
)
save_model(build_rmdn(config), config, "model")
with av.open("video.mp4", "w") as target:
    stream = target.add_stream("libx264", rate=25)
    stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
    for number in range(200):
        pixels = np.full([48, 64, 3], number, np.uint8)
        frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
        target.mux(stream.encode(frame))
    target.mux(stream.encode())
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the command line and returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("commands", nargs="*", help=", ".join(COMMANDS))
    parser.add_argument("--kills", type=int, default=20, help="of each")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args(arguments)
    unknown = set(options.commands) - COMMANDS.keys()
    if unknown:
        parser.error(f"unknown commands: {', '.join(sorted(unknown))}")
    generator, faults = random.Random(options.seed), []
    with tempfile.TemporaryDirectory(prefix="kills-") as directory:
        inputs = pathlib.Path(directory) / "inputs"
        inputs.mkdir()
        make_inputs(inputs)
        print("command    kills  ends  half  other  left  errors  seconds")
        for name in options.commands or COMMANDS:
            victim = Victim(name, inputs, inputs.parent, generator)
            outcome = victim.run(options.kills)
            print(
                f"{name:<10} {outcome.kills:5d} {outcome.ends:5d} "
                f"{len(outcome.half):5d} {len(outcome.different):6d} "
                f"{len(outcome.left):5d} {len(outcome.failed):7d} "
                f"{outcome.seconds:8.0f}",
                flush=True,
            )
            faults += [f"{name}, {fault}" for fault in outcome.faults()]
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
