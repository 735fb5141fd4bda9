"""Prepares and predicts on several hosts, of which one is killed, one cut off.

    python -m benchmarks.several_hosts --raw_dir RAW --output_dir OUT

Needs root on Linux, with iproute2: each host is a network namespace of this
machine, with an address and a link of its own. Host 0 runs Dask's scheduler,
the others a worker each. The same commands run once in one process, once on the
hosts undisturbed, and once disturbed: when some outputs are there, the process
of one worker is killed with -9, and the link of another is cut for good.
Compares all files, and prints the seconds of each run.
"""

import argparse
import functools
import hashlib
import pathlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from tests.helpers.dask_cluster import DaskCluster
from tests.helpers.hosts import Hosts

NUM_WORKERS = 3


def commands(
    raw_dir: str, output_dir: pathlib.Path
) -> dict[str, tuple[list[str], str]]:
    """Returns name -> (command, pattern of its outputs)."""
    return {
        "prepare": (
            ["prepare", "--dataset=video_database", f"--raw_dir={raw_dir}"]
            + ["--num_shards=23", f"--output_dir={output_dir}/prepared"],
            "prepared/*.tfrecord-*",
        ),
        "predict": (
            ["predict", f"--video={raw_dir}/videos"]
            + [f"--output={output_dir}/predicted"]
            + [f"--parameters={output_dir}/tables"],
            "tables/*.csv",
        ),
    }


def run(words: Sequence[str], *flags: str) -> float:
    """Runs a command; returns the seconds that it took."""
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "rmdn_tf", *words, *flags],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{words[0]} ended with {done.returncode}: {done.stderr}")
    return time.monotonic() - begin


def checksums(directory: pathlib.Path) -> dict[str, str]:
    """Returns relative path -> checksum, of all files but locks."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def once(is_time: Callable[[], bool], act: Callable[[], None]) -> None:
    """Acts as soon as it is time; in a thread of its own."""

    def wait() -> None:
        while not is_time():
            time.sleep(0.05)
        act()

    threading.Thread(target=wait, daemon=True).start()


def run_on_hosts(
    words: Sequence[str], outputs: Callable[[], Iterator], disturbed: bool
) -> float:
    """Runs a command on hosts; returns the seconds that it took."""
    with Hosts(1 + NUM_WORKERS) as hosts:
        start = functools.partial(functools.partial, hosts.start)
        with DaskCluster(
            start(0), hosts.addresses[0], worker_ttl="15s"
        ) as cluster:
            # The first is killed, the second cut off.
            workers = [
                cluster.add_worker(start(host), has_nanny=host > 2)
                for host in range(1, 1 + NUM_WORKERS)
            ]

            def reached(number: int) -> bool:
                return sum(1 for _ in outputs()) >= number

            if disturbed:
                once(lambda: reached(4), workers[0].kill)
                once(lambda: reached(7), lambda: hosts.cut(2))
            seconds = run(words, f"--cluster={cluster.address}")
            if disturbed and workers[0].poll() is None:
                sys.exit("The run ended before it was disturbed.")
        return seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--raw_dir", required=True)
    parser.add_argument("--output_dir", type=pathlib.Path, required=True)
    flags = parser.parse_args()
    here = flags.output_dir / "one_process"
    for name, (words, _) in commands(flags.raw_dir, here).items():
        seconds = run(words, "--workers=1")
        print(f"{name}, one process: {seconds:.0f} s", flush=True)
    for how in ("undisturbed", "disturbed"):
        directory = flags.output_dir / how
        of_hosts = commands(flags.raw_dir, directory)
        for name, (words, pattern) in of_hosts.items():
            seconds = run_on_hosts(
                words,
                functools.partial(directory.glob, pattern),
                how == "disturbed",
            )
            print(f"{name}, {how} hosts: {seconds:.0f} s", flush=True)
        one, other = checksums(here), checksums(directory)
        differing = [n for n in {*one, *other} if one.get(n) != other.get(n)]
        print(
            f"{how}: {len(one)} files, {len(differing)} differ {differing[:5]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
