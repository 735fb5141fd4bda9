"""Sends a server corrupted requests and many valid ones.

    python -m benchmarks.serving_endurance

Sends the loopback server of a tiny model 500 corrupted requests and 10,000
valid ones of all signatures, over gRPC, on four connections. Every request must
be answered in time. The same requests must get the same answers before and
after. The server's memory must not grow.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import collections
import concurrent.futures
import multiprocessing
import pathlib
import tempfile
import time

import grpc
import numpy as np

METHOD = "/tensorflow.serving.PredictionService/Predict"
NUM_THREADS = 4
SECONDS = 30  # Longest time of an answer.


def serve(directory: str, connection) -> None:
    """Sends the address, then serves until the connection is closed."""
    from benchmarks.loopback_server import LoopbackServer

    server = LoopbackServer(pathlib.Path(directory))
    connection.send(server.grpc_url.removeprefix("grpc://"))
    try:
        connection.recv()
    except EOFError:
        server.close()


def export_tiny(directory: str) -> tuple[str, dict]:
    """Exports a tiny model; returns its directory and the state's shapes."""
    from rmdn_tf.model.config import DenseConfig
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.serving.export import export
    from rmdn_tf.serving.signatures import state_shapes

    config = DenseConfig(
        input_size=(16, 16),
        filters=((2,), (2,), (2,), (2,), (2,)),
        units=4,
        num_components=3,
    )
    model = build_rmdn(config)
    return str(export(model, config, f"{directory}/tiny")), state_shapes(model)


def resident_mebibytes(process_id: int) -> float:
    """Returns the resident memory of a process."""
    pages = int(
        pathlib.Path(f"/proc/{process_id}/statm").read_text().split()[1]
    )
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Caller:
    """Sends requests as bytes, and counts the answers."""

    def __init__(self, address: str):
        self._calls = [
            grpc.insecure_channel(
                address, [("grpc.use_local_subchannel_pool", 1)]
            ).unary_unary(METHOD)
            for _ in range(NUM_THREADS)
        ]
        self.counts = collections.Counter()

    def send(self, number: int, request: bytes) -> bytes | None:
        """Returns the answer, or counts the error and returns None."""
        try:
            answer = self._calls[number % NUM_THREADS](request, timeout=SECONDS)
        except grpc.RpcError as error:
            self.counts[error.code().name] += 1
            return None
        self.counts["OK"] += 1
        return answer

    def send_all(self, requests: list[bytes]) -> list[bytes | None]:
        """Sends requests on all connections at once."""
        with concurrent.futures.ThreadPoolExecutor(NUM_THREADS) as pool:
            return list(pool.map(self.send, range(len(requests)), requests))


def outputs_of(answers: list[bytes]) -> list[dict[str, np.ndarray]]:
    """Parses answers, whose bytes may differ in the order of parts."""
    from rmdn_tf.serving.messages import arrays_of, load_stubs

    read = load_stubs().predict.PredictResponse.FromString
    return [arrays_of(read(answer)) for answer in answers]


def main() -> None:
    """Prints counts, times and memory; fails if an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num_corruptions", type=int, default=500)
    parser.add_argument("--num_requests", type=int, default=10_000)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as directory:
        version, shapes = export_tiny(directory)
        receiver, sender = context.Pipe()
        server = context.Process(
            target=serve, args=(version, sender), daemon=True
        )
        server.start()
        sender.close()  # So that a server that dies ends the wait.
        with receiver:
            endure(Caller(receiver.recv()), server, shapes, options)
        server.join()
    print(f"the server ended with {server.exitcode}")


def endure(caller: Caller, server, shapes: dict, options) -> None:
    """Sends the corrupted requests, then the valid ones."""
    from benchmarks.request_corruptions import corrupted, valid_requests

    rng = np.random.default_rng(0)
    valid = valid_requests("tiny", shapes, rng)
    before = outputs_of(caller.send_all(valid))
    began = time.perf_counter()
    bad = [
        corrupted("tiny", shapes, rng)[1]
        for _ in range(options.num_corruptions)
    ]
    caller.counts.clear()
    caller.send_all(bad)
    seconds = time.perf_counter() - began
    print(f"{len(bad)} corruptions in {seconds:.0f} s: {dict(caller.counts)}")
    for part in range(10):
        caller.counts.clear()
        began = time.perf_counter()
        caller.send_all(valid * (options.num_requests // 10 // len(valid)))
        print(
            f"{(part + 1) * options.num_requests // 10} requests: "
            f"{resident_mebibytes(server.pid):.0f} MiB, "
            f"{sum(caller.counts.values()) / (time.perf_counter() - began):.0f}"
            f" a second, {dict(caller.counts)}",
            flush=True,
        )
    after = outputs_of(caller.send_all(valid))
    for one, other in zip(before, after, strict=True):
        for name, part in one.items():
            np.testing.assert_array_equal(part, other[name])
    print("the same answers as before")


if __name__ == "__main__":
    main()
