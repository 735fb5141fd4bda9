"""Searches for the accepted request that costs a server most.

    python -m benchmarks.request_costs saved_models/default/1

Starts with requests at the limits, then changes the most expensive ones at
random. Each is measured in a process of its own, as TensorFlow Serving would
run it: from the bytes of the message to the bytes of the answer, on a loaded
and warm model. The exit code is 1 if a request needs more than `deploy/` gives
a server.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import json
import pathlib
import random
import subprocess
import sys
import time

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[1] / "deploy"
CANDIDATES = 40  # Changed requests that a process tries until one is accepted.


@dataclasses.dataclass(frozen=True)
class Asked:
    """The properties of a request.

    Attributes:
        signature: "serving_default", "step" or "step_jpeg".
        rows: B.
        frames: number of (new) frames in a row.
        height, width: size of the frames.
        map_height, map_width: size of the requested maps.
        picture: kind of JPEG: "flat", "noise", "progressive" or "bomb".
        scans: number of scans in a bomb.
    """

    signature: str = "step"
    rows: int = 1
    frames: int = 1
    height: int = 128
    width: int = 171
    map_height: int = 0
    map_width: int = 0
    picture: str = "noise"
    scans: int = 256

    def changed(self, rng: random.Random) -> "Asked":
        """Returns a copy with one or two random changes."""
        changes = {}
        names = [
            name
            for name in RANGES
            if self.signature == JPEG or name not in ("picture", "scans")
        ]
        for name in rng.sample(names, rng.choice([1, 2])):
            values = RANGES[name]
            if isinstance(values, tuple):
                changes[name] = rng.choice(values)
            else:
                old = max(1, getattr(self, name))
                new = old * rng.choice([0.5, 0.9, 1.1, 1.4, 2, 4])
                changes[name] = min(values, max(1, round(new)))
        return dataclasses.replace(self, **changes)


# Choices, or the largest number.
RANGES = {
    "signature": ("serving_default", "step", "step_jpeg"),
    "picture": ("flat", "noise", "progressive", "bomb"),
    "rows": 256,
    "frames": 256,
    "height": 2**15,
    "width": 2**15,
    "map_height": 2**14,
    "map_width": 2**14,
    "scans": 300,
}

WHOLE, JPEG = "serving_default", "step_jpeg"
LARGE_MAP = {"map_height": 1080, "map_width": 1920}
STARTS = (
    Asked(WHOLE, rows=256, height=1, width=1),
    Asked(WHOLE, frames=256, height=1, width=1),
    Asked(WHOLE, frames=64, height=360, width=640),
    # As many clips, pixels and maps as are allowed, in few rows and in many.
    Asked(WHOLE, frames=10, height=1080, width=3000, **LARGE_MAP),
    Asked(
        WHOLE, rows=256, height=362, width=362, map_height=292, map_width=292
    ),
    Asked(WHOLE, rows=64, height=700, width=720, map_height=580, map_width=580),
    Asked(WHOLE, height=5792, width=5792),
    Asked(WHOLE, frames=16, height=1080, width=1920),
    Asked(height=1080, width=1920, **LARGE_MAP),
    Asked(WHOLE, frames=10, height=1, width=1, **LARGE_MAP),
    Asked(WHOLE, frames=16, height=1, width=1, **LARGE_MAP),
    Asked(JPEG, height=1080, width=1920),
    Asked(JPEG, height=1080, width=1920, picture="progressive"),
    Asked(JPEG, height=1080, width=1920, picture="bomb", scans=16),
    Asked(JPEG, frames=49, height=360, width=640, picture="bomb", scans=32),
    Asked(JPEG, rows=16, height=32, width=32, picture="bomb"),
)


def measure(version: str, requests: list[Asked]) -> dict | None:
    """Measures the first request that is accepted, in this process.

    Returns:
        None if all are refused, or a dict:
            asked: the accepted request.
            mebibytes: peak memory above that of an idle server.
            idle: mebibytes of an idle server.
            cpu_seconds, seconds: processor time and elapsed time.
    """
    from benchmarks.session_model import ServiceError, SessionModel

    model = SessionModel(version)
    _answer(model, Asked(), _message(model, Asked()))
    idle = _mebibytes("VmRSS")
    for asked in requests:
        message = _message(model, asked)
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        began, cpu = time.perf_counter(), time.process_time()
        try:
            _answer(model, asked, message)
        except ServiceError:
            continue
        return {
            "asked": dataclasses.asdict(asked),
            "mebibytes": _mebibytes("VmHWM") - idle,
            "idle": idle,
            "cpu_seconds": time.process_time() - cpu,
            "seconds": time.perf_counter() - began,
        }
    return None


def _answer(model, asked: Asked, message: bytes) -> bytes:
    """Runs a request; returns the bytes of the answer."""
    import tensorflow as tf

    from rmdn_tf.serving.messages import load_stubs

    stubs = load_stubs().predict
    request = stubs.PredictRequest.FromString(message)
    outputs = model.run(asked.signature, dict(request.inputs))
    answer = stubs.PredictResponse()
    for name, value in outputs.items():
        answer.outputs[name].CopyFrom(tf.make_tensor_proto(value))
    return answer.SerializeToString()


def _message(model, asked: Asked) -> bytes:
    """Makes the bytes of a request; one of too many pixels becomes smaller."""
    import numpy as np

    from rmdn_tf.serving.messages import predict_request

    frames = asked.frames + (0 if asked.signature == WHOLE else 15)
    size = (asked.height, asked.width)
    if asked.rows * frames * asked.height * asked.width > 2**26:
        size = (1, 1)  # It would be refused, but only after it was made.
        frames = 1000
    inputs = {
        "map_size": np.full(
            [asked.rows, 2], (asked.map_height, asked.map_width), np.int32
        )
    }
    if asked.signature == JPEG:
        picture = _picture(asked, size)
        inputs["jpegs"] = np.full([asked.rows, frames], picture, object)
    else:
        shape = (asked.rows, frames, *size, 3)
        noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        inputs["frames"] = noise
    if asked.signature != WHOLE:
        for name, info in model.signature("step").inputs.items():
            if name not in ("frames", "map_size"):
                shape = [d.size for d in info.tensor_shape.dim[1:]]
                inputs[name] = np.zeros([asked.rows, *shape], np.float32)
    return predict_request("", asked.signature, inputs).SerializeToString()


def _picture(asked: Asked, size) -> bytes:
    import numpy as np
    import tensorflow as tf

    from benchmarks import made_jpegs

    if asked.picture == "bomb":
        return made_jpegs.scan_bomb(asked.scans, size)
    if asked.picture == "flat":
        return tf.io.encode_jpeg(np.zeros((*size, 3), np.uint8)).numpy()
    return made_jpegs.jpeg(size, progressive=asked.picture == "progressive")


def _mebibytes(name: str) -> float:
    """Returns the memory of this process, now ("VmRSS") or peak ("VmHWM")."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(name)]
    return int(line.split()[1]) / 1024


def measure_apart(version: str, requests: list[Asked]) -> dict | None:
    """Calls `measure` in another process."""
    asked = json.dumps([dataclasses.asdict(one) for one in requests])
    command = [sys.executable, "-m", "benchmarks.request_costs", version]
    done = subprocess.run(
        [*command, "--measure"],
        input=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def search(version: str, num_changes: int, seed: int) -> dict[str, dict]:
    """Returns cost -> the measured request with the highest cost."""
    rng = random.Random(seed)
    worst: dict[str, dict] = {}

    def take(requests):
        found = measure_apart(version, requests)
        for cost in ("mebibytes", "cpu_seconds") if found else ():
            if found[cost] > worst.get(cost, found | {cost: -1})[cost]:
                worst[cost] = found
        print(_line(found) if found else "refused", flush=True)

    for start in STARTS:
        take([start])
    for number in range(num_changes):
        cost = ("mebibytes", "cpu_seconds")[number % 2]
        best = Asked(**worst[cost]["asked"])
        take([best.changed(rng) for _ in range(CANDIDATES)])
    return worst


def _line(found: dict) -> str:
    asked = Asked(**found["asked"])
    parts = [
        f"{field.name}={getattr(asked, field.name)}"
        for field in dataclasses.fields(Asked)
        if getattr(asked, field.name) != field.default
    ]
    return (
        f"{found['mebibytes']:6.0f} MiB {found['cpu_seconds']:6.2f} s of CPU "
        f"{found['seconds']:6.2f} s  {' '.join(parts)}"
    )


def allowed() -> tuple[float, float]:
    """Returns the limits in `deploy/`: mebibytes, and seconds a request."""
    compose = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())
    server = compose["services"]["serving"]
    gibibytes = float(server["mem_limit"].removesuffix("g"))
    (timeout,) = [
        flag.split("=")[1]
        for flag in server["command"]
        if "rest_api_timeout" in flag
    ]
    return 1024 * gibibytes, float(timeout) / 1000


def main() -> int:
    """Prints every measurement and the worst; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("version", help="directory of a SavedModel")
    parser.add_argument("--num_changes", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure", action="store_true", help="internal")
    options = parser.parse_args()
    if options.measure:
        requests = [Asked(**one) for one in json.load(sys.stdin)]
        print(json.dumps(measure(options.version, requests)))
        return 0
    worst = search(options.version, options.num_changes, options.seed)
    memory, seconds = allowed()
    for cost, found in worst.items():
        print(f"most {cost}: {_line(found)}")
    needed = worst["mebibytes"]
    at_once = (memory - needed["idle"]) // needed["mebibytes"]
    cpu = worst["cpu_seconds"]["cpu_seconds"]
    print(
        f"idle {needed['idle']:.0f} MiB of {memory:.0f}: {at_once:.0f} of the "
        f"largest fit at once; the longest takes {cpu:.1f} of {seconds:.0f} s "
        "on one core"
    )
    return 0 if at_once >= 1 and cpu <= seconds else 1


if __name__ == "__main__":
    sys.exit(main())
