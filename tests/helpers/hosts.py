"""Several hosts on this machine, whose links can be cut, for tests.

    def test_something(make_hosts):
        hosts = make_hosts(2)
        server = hosts.start(0, ["python3", "-m", "http.server", "8000"])
        hosts.run(1, ["curl", f"http://{hosts.addresses[0]}:8000"])
        hosts.cut(0)  # Packets are lost in silence, as with a pulled cable.
        hosts.mend(0)

Each host is a network namespace of Linux: it has an address, a link and a
loopback of its own. Files, clock and processor are those of this machine. The
hosts and the test's own process, at `hosts.own_address`, reach each other;
nothing else is reached from a host.
"""

import contextlib
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

MAX_HOSTS = 13  # Addresses of a subnet, less its ends and the test's own.
SUBNET_SIZE = 16
NUM_SUBNETS = 2**16
SUBNETS_EACH = 8  # For each process, before its next one has the same.
SECONDS_TO_END = 10
_numbers = itertools.count()


class NoHostsError(Exception):
    """This machine cannot make hosts; the message says why."""


@pytest.fixture
def make_hosts() -> Iterator[Callable[[int], "Hosts"]]:
    """Returns a function that makes hosts; skips where none can be made."""
    with contextlib.ExitStack() as stack:

        def make(number: int) -> Hosts:
            try:
                return stack.enter_context(Hosts(number))
            except NoHostsError as error:
                pytest.skip(str(error))

        yield make


class Hosts:
    """Hosts on one switch, from `__enter__` to `__exit__`.

    Their names and addresses have the number of this process, so that several
    processes can have hosts at once.

    Args:
        number: how many, 1 to `MAX_HOSTS`.

    Attributes:
        addresses: the IPv4 address of each host.
        own_address: that of this process, as the hosts see it.
        subnet: all of these, such as "10.224.0.16/28".

    Raises:
        NoHostsError: on entering, where this process is not root, or the
            system forbids it.
    """

    def __init__(self, number: int):
        if not 1 <= number <= MAX_HOSTS:
            raise ValueError(
                f"Invalid `number`. Expected 1 to {MAX_HOSTS}. "
                f"Received: number={number}."
            )
        place = next(_numbers) % SUBNETS_EACH
        subnet = (os.getpid() * SUBNETS_EACH + place) % NUM_SUBNETS
        first = (10 << 24) + (224 << 16) + subnet * SUBNET_SIZE
        self.subnet = f"{_dotted(first)}/28"
        self.own_address = _dotted(first + 1)
        self.addresses = [_dotted(first + 2 + i) for i in range(number)]
        # Names of interfaces have 15 characters at most.
        self._name = f"rmdn{os.getpid():x}{'abcdefgh'[place]}"
        self._switch = f"{self._name}s"
        self._processes: list[subprocess.Popen] = []

    def __enter__(self) -> "Hosts":
        _require_namespaces(self._switch)
        _remove_leftovers()
        try:
            self._connect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _connect(self) -> None:
        switch = self._switch
        # In a namespace of its own no firewall of this machine is asked.
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        self._plug("own", self._name, self.own_address)
        for host, address in enumerate(self.addresses):
            namespace = self._namespace(host)
            _ip("netns", "add", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
            self._plug(self._port(host), "eth0", address, namespace)

    def _plug(self, port, interface, address, namespace=None) -> None:
        """Connects a namespace, None for this process's, with the switch."""
        inside = ["-n", namespace] if namespace else []
        where = ["netns", self._switch]
        end = ["peer", "name", port, *where]
        _ip(*inside, "link", "add", interface, "type", "veth", *end)
        _ip("-n", self._switch, "link", "set", port, "master", "bridge", "up")
        _ip(*inside, "address", "add", f"{address}/28", "dev", interface)
        _ip(*inside, "link", "set", interface, "up")

    def _namespace(self, host: int) -> str:
        return f"{self._name}{host}"

    def _port(self, host: int) -> str:
        return f"port{host}"

    def start(
        self,
        host: int,
        command: Sequence[str | os.PathLike],
        env: Mapping[str, str] | None = None,
        **options,
    ) -> subprocess.Popen:
        """Starts a process on a host.

        Args:
            host: its number, from 0 on.
            command: the program and its arguments.
            env: variables beside those of this process.
            **options: of `subprocess.Popen`. By default the outputs are one
                text, in `stdout`.

        Returns:
            The process itself: its signals reach the program. It is killed
            with the hosts.
        """
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(
            ["ip", "netns", "exec", self._namespace(host), *command],
            env={**os.environ, **(env or {})},
            **(pipes | {"text": True} | options),
        )
        self._processes.append(process)
        return process

    def run(
        self, host: int, command: Sequence[str], timeout: float = 60, **options
    ) -> subprocess.CompletedProcess:
        """Runs a program on a host to its end; for the rest see `start`.

        Raises:
            subprocess.TimeoutExpired: it took longer than `timeout` seconds.
        """
        process = self.start(host, command, **options)
        try:
            output, _ = process.communicate(timeout=timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(command, process.returncode, output)

    def cut(self, host: int) -> None:
        """Cuts the link of a host: packets from and to it are lost."""
        self._set_port(host, "down")

    def mend(self, host: int) -> None:
        """Undoes `cut`; packets pass again."""
        self._set_port(host, "up")

    def _set_port(self, host: int, state: str) -> None:
        _ip("-n", self._switch, "link", "set", self._port(host), state)

    def close(self) -> None:
        """Kills what runs on the hosts and removes them."""
        with contextlib.ExitStack() as stack:  # All of it after an error, too.
            stack.callback(self._remove_switch)
            stack.callback(self._close_processes)
            for host in range(len(self.addresses)):
                stack.callback(self._remove_host, self._namespace(host))

    def _remove_host(self, namespace: str) -> None:
        if _exists(namespace):
            _kill_all(namespace)
            _ip("netns", "delete", namespace)

    def _close_processes(self) -> None:
        for process in self._processes:
            process.wait(SECONDS_TO_END)
            if process.stdout:
                process.stdout.close()

    def _remove_switch(self) -> None:
        if _exists(self._switch):
            # At once: a namespace takes its time to take its links along.
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("link", "delete", self._name)
            _ip("netns", "delete", self._switch)


def _dotted(number: int) -> str:
    return ".".join(str(byte) for byte in number.to_bytes(4, "big"))


def _ip(*arguments: str) -> str:
    """Runs `ip`; an error shows its message."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        error = subprocess.CalledProcessError(done.returncode, done.args)
        error.add_note(done.stderr)
        raise error
    return done.stdout


def _exists(namespace: str) -> bool:
    return pathlib.Path("/run/netns", namespace).exists()


def _require_namespaces(name: str) -> None:
    """Tries all kinds of things that `Hosts` makes, under a free name."""
    if shutil.which("ip") is None:
        raise NoHostsError("No hosts: the program `ip` (iproute2) is missing.")
    if os.geteuid() != 0:
        raise NoHostsError("No hosts: only root makes network namespaces.")
    try:
        _ip("netns", "add", name)
        _ip("-n", name, "link", "add", "type", "bridge")
        _ip("-n", name, "link", "add", "type", "veth")
        _ip("netns", "exec", name, "true")
    except subprocess.CalledProcessError as error:
        reason = error.__notes__[0].strip()
        raise NoHostsError(f"No hosts: {error} {reason}") from error
    finally:
        if _exists(name):
            _ip("netns", "delete", name)


def _remove_leftovers() -> None:
    """Removes hosts of processes that were killed: their programs run on."""
    for path in pathlib.Path("/run/netns").glob("rmdn*"):
        owner = re.fullmatch("rmdn([0-9a-f]+)[a-h](?:s|[0-9]+)", path.name)
        if owner and not pathlib.Path(f"/proc/{int(owner[1], 16)}").exists():
            # Another process may do the same.
            with contextlib.suppress(subprocess.CalledProcessError):
                _kill_all(path.name)
                _ip("netns", "delete", path.name)


def _kill_all(namespace: str) -> None:
    """Kills the processes of a host, and waits until they are gone."""
    end = time.monotonic() + SECONDS_TO_END
    while pids := _ip("netns", "pids", namespace).split():
        if time.monotonic() > end:
            raise TimeoutError(f"Processes {pids} of {namespace} do not end.")
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.05)
