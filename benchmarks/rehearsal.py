"""Rehearses Hollywood2's true number of files, with tiny pictures.

    python -m benchmarks.rehearsal --work_dir WORK
    python -m benchmarks.rehearsal --work_dir WORK --real RAW

Makes 1,707 videos cut into 6,257 shots of 487,000 frames, each a picture of 32
rows and a fixation map of 16 points, as the shots of Hollywood2 lie on disk. A
third of the shots is shorter than a clip. Then runs prepare, verify, caching,
one epoch and evaluate, and prints a row for each: seconds of the clock and of
the processors, memory of the largest process, and disk. `--scale 0.01` tries it
on a hundredth of the shots.

With `--real`, the same steps take the clips of the video database in RAW, at
full size, with the preset `small`. The last columns are in proportion to the
frames of Hollywood2 that a step takes: what it would take here.
"""

import argparse
import dataclasses
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from PIL import Image

NUM_VIDEOS = {"train": 823, "test": 884}
NUM_SHOTS = {"train": 2699, "test": 3558}
NUM_FRAMES = {"train": 214_500, "test": 272_500}
FOLDERS = {"train": "training", "test": "testing"}
SIZE = (32, 42)
NUM_OBSERVERS = 16
# Of the logarithm of a shot's length: a third is shorter than 16 frames.
SPREAD = 1.4
SEED = 0

HEADER = ("step", "clock", "processors", "largest process", "disk")
HEADER_AT_FULL_SIZE = ("clock, Hollywood2", "disk, Hollywood2")

# The splits that a step takes; the others take all.
SPLITS = {"one epoch": ("train",), "evaluate": ("test",)}


@dataclasses.dataclass(frozen=True)
class Shot:
    """A shot to make: its folder, the number of its first frame, its length."""

    folder: str
    first: int
    length: int


def shots(split: str, scale: float) -> list[Shot]:
    """Lists the shots of a split, with lengths as the true ones vary."""
    generator = np.random.default_rng([SEED, len(split)])
    number = max(2, round(NUM_SHOTS[split] * scale))
    num_videos = max(1, round(NUM_VIDEOS[split] * scale))
    num_frames = round(NUM_FRAMES[split] * scale)
    lengths = generator.lognormal(0, SPREAD, number)
    lengths = np.maximum(1, lengths * num_frames / lengths.sum()).astype(int)
    lengths[lengths.argmax()] += num_frames - lengths.sum()
    found, frame = [], {}
    for index, length in enumerate(map(int, lengths)):
        video = index % num_videos + 1
        name = f"actionclip{split}{video:05d}_{index // num_videos + 1}"
        first = frame.get(video, 3)
        frame[video] = first + length + 3  # Frames are missing between shots.
        found.append(Shot(f"{FOLDERS[split]}/{name}", first, length))
    return found


def write_shot(raw_dir: pathlib.Path, number: int, shot: Shot) -> None:
    """Writes a shot's pictures: a bright spot moves, and people look at it."""
    generator = np.random.default_rng([SEED, number])
    folder = raw_dir / shot.folder
    for kind in ("images", "fixation"):
        (folder / kind).mkdir(parents=True)
    video = folder.name.split("_")[0]
    place = generator.uniform(0.2, 0.8, 2) * SIZE
    step = generator.normal(0, 0.3, 2)
    rows, columns = np.indices(SIZE)
    for frame in range(shot.first, shot.first + shot.length):
        place = np.clip(place + step, 3, np.array(SIZE) - 4)
        far = (rows - place[0]) ** 2 + (columns - place[1]) ** 2
        image = (200 * np.exp(-far / 18) + 30).astype(np.uint8)
        fixated = np.zeros(SIZE, np.uint8)
        points = generator.normal(place, 2, (NUM_OBSERVERS, 2)).round()
        y, x = np.clip(points, 0, np.array(SIZE) - 1).astype(int).T
        fixated[y, x] = 255
        name = f"{video}_{frame:05d}.png"
        (folder / "images" / name).write_bytes(_png(image))
        (folder / "fixation" / name).write_bytes(_png(fixated))


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def write_raw(raw_dir: pathlib.Path, scale: float) -> int:
    """Writes all shots; returns the number of frames."""
    wanted = [shot for split in FOLDERS for shot in shots(split, scale)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        directories = [raw_dir] * len(wanted)
        numbers = range(len(wanted))
        for _ in pool.map(
            write_shot, directories, numbers, wanted, chunksize=32
        ):
            pass
    return sum(shot.length for shot in wanted)


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a step took.

    Attributes:
        seconds: of the clock.
        cpu_seconds: of all processes.
        megabytes: memory of the largest process at its peak.
    """

    seconds: float
    cpu_seconds: float
    megabytes: float


def run(module: str, *words: str) -> Cost:
    """Runs a module in a process of its own; returns what it took."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdout=subprocess.DEVNULL,
            stderr=told,
        )
        _, code, usage = os.wait4(process.pid, 0)
        if code:
            told.seek(0)
            sys.exit(f"{words} failed: {told.read()[-2000:].decode()}")
    return Cost(
        time.monotonic() - begin,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
    )


def disk(*paths: pathlib.Path) -> float:
    """Returns the megabytes that folders take on disk."""
    done = subprocess.run(
        ["du", "-sm", *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    return sum(float(row.split()[0]) for row in done.stdout.splitlines())


def train(step: str, work_dir: pathlib.Path, is_real: bool) -> None:
    """Caches the features, or trains an epoch; runs in a child process."""
    from rmdn_tf.model.config import DenseConfig
    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.training.config import TrainingConfig
    from rmdn_tf.training.trainer import Trainer

    tiny = DenseConfig(input_size=SIZE, filters=((2,),) * 5, units=8)
    trainer = Trainer(
        PRESETS["small"] if is_real else tiny,
        TrainingConfig(
            num_epochs=1, batch_size=4, optimizer="adam", cache_features=True
        ),
        work_dir / "prepared",
        work_dir / "run",
    )
    if step == "cache":
        trainer.prepare()
    else:
        trainer.train()


def steps(
    work_dir: pathlib.Path, real: str | None
) -> Iterator[tuple[str, list[str], pathlib.Path | None]]:
    """Yields name, module with its words, and the folder that is written."""
    data_dir, run_dir = work_dir / "prepared", work_dir / "run"
    source = ["--dataset=hollywood2", f"--raw_dir={work_dir / 'raw'}"]
    source += [f"--height={SIZE[0]}", f"--width={SIZE[1]}"]
    child = ["benchmarks.rehearsal", f"--work_dir={work_dir}"]
    if real:
        source = ["--dataset=video_database", f"--raw_dir={real}"]
        child.append(f"--real={real}")
    prepare = ["rmdn_tf", "prepare", *source, f"--output_dir={data_dir}"]
    data = f"--data_dir={data_dir}"
    yield "prepare", prepare, data_dir
    yield "prepare, nothing to do", prepare, None
    yield "verify", ["rmdn_tf", "show-records", data, "--verify"], None
    yield "cache", [*child, "--step=cache"], data_dir / "features"
    yield "one epoch", [*child, "--step=epoch"], run_dir
    evaluate = ["rmdn_tf", "evaluate", data, f"--model={run_dir}"]
    yield "evaluate", evaluate, None


def rehearse(work_dir: pathlib.Path, real: str | None) -> None:
    """Runs the whole path; prints a row for each step."""
    header = HEADER + (HEADER_AT_FULL_SIZE if real else ())
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}", flush=True)
    for name, words, made in steps(work_dir, real):
        cost = run(*words)
        row = [
            name,
            f"{cost.seconds:.0f} s",
            f"{cost.cpu_seconds:.0f} s",
            f"{cost.megabytes:.0f} MB",
            f"{disk(made):.0f} MB" if made else "",
        ]
        if real:
            times = larger(work_dir, SPLITS.get(name, tuple(NUM_FRAMES)))
            row.append(f"{cost.seconds * times / 3600:.1f} h")
            row.append(f"{disk(made) * times / 1000:.1f} GB" if made else "")
        print(f"| {' | '.join(row)} |", flush=True)


def larger(work_dir: pathlib.Path, splits: tuple[str, ...]) -> float:
    """Returns how many times as many frames these splits of Hollywood2 have."""
    info = json.loads((work_dir / "prepared/dataset_info.json").read_text())
    here = sum(
        of["num_frames"]
        for name, of in info["splits"].items()
        if name in splits or splits == tuple(NUM_FRAMES)
    )
    return sum(NUM_FRAMES[split] for split in splits) / here


def make(raw_dir: pathlib.Path, scale: float) -> None:
    """Makes the shots, and prints what they take."""
    begin = time.monotonic()
    num_frames = write_raw(raw_dir, scale)
    print(
        f"Made {num_frames} frames in {time.monotonic() - begin:.0f} s, "
        f"{disk(raw_dir):.0f} MB on disk.",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work_dir", type=pathlib.Path, required=True)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--real", help="raw folder of the video database")
    parser.add_argument("--step", choices=["cache", "epoch"])
    flags = parser.parse_args()
    if flags.step:
        train(flags.step, flags.work_dir, bool(flags.real))
        return
    if not flags.real:
        make(flags.work_dir / "raw", flags.scale)
    rehearse(flags.work_dir, flags.real)


if __name__ == "__main__":
    main()
