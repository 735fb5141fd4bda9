"""Hosts of the tests: they answer, are cut and mended, and leave nothing."""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

import pytest

from tests.helpers import hosts as hosts_module
from tests.helpers.hosts import Hosts, NoHostsError

PORT = 7000
SERVER = f"""
import socket
with socket.create_server(("", {PORT})) as server:
    print("ready", flush=True)
    while True:
        connection, (address, _) = server.accept()
        connection.sendall(address.encode())
        connection.close()
"""
CLIENT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 10) as answer:
    print(answer.recv(100).decode())
"""


def _start_server(hosts, host):
    server = hosts.start(host, [sys.executable, "-c", SERVER])
    assert server.stdout.readline() == "ready\n"
    return server


def _ask(address, timeout=10):
    with socket.create_connection((address, PORT), timeout) as answer:
        return answer.recv(100).decode()


def test_a_host_is_reached_by_the_test_and_by_another_host(make_hosts):
    hosts = make_hosts(2)
    _start_server(hosts, 0)
    assert _ask(hosts.addresses[0]) == hosts.own_address
    client = [sys.executable, "-c", CLIENT]
    done = hosts.run(1, [*client, hosts.addresses[0], str(PORT)])
    assert done.stdout == f"{hosts.addresses[1]}\n"
    done = hosts.run(0, [*client, "localhost", str(PORT)])
    assert done.stdout == "127.0.0.1\n"


def test_a_cut_host_is_silent_until_it_is_mended(make_hosts):
    hosts = make_hosts(2)
    for host in (0, 1):
        _start_server(hosts, host)
        assert _ask(hosts.addresses[host])
    hosts.cut(0)
    with pytest.raises(TimeoutError):
        _ask(hosts.addresses[0], timeout=0.3)
    assert _ask(hosts.addresses[1])
    hosts.mend(0)
    assert _ask(hosts.addresses[0])


def _names():
    links = subprocess.check_output(["ip", "-o", "link"], text=True)
    return {*links.split(), *os.listdir("/run/netns")}


def test_nothing_is_left_of_hosts_after_an_error(make_hosts):
    make_hosts(1)  # Or skips; then the two below stand beside another one.
    before = _names()
    with pytest.raises(ZeroDivisionError), Hosts(1) as hosts:
        server = _start_server(hosts, 0)
        # A process of a process of the host.
        seconds = f"{os.getpid()}.5"
        child = f"import subprocess as s; s.Popen(['sleep', '{seconds}'])"
        hosts.run(0, [sys.executable, "-c", child], stdout=None)
        assert any(hosts._name in name for name in _names())
        raise ZeroDivisionError
    assert server.returncode < 0
    assert not any(hosts._name in name for name in _names() - before)
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # It has ended.
            assert seconds.encode() not in path.read_bytes()


KILLED = """
import os
from tests.helpers.hosts import Hosts
with Hosts(1) as hosts:
    hosts.start(0, ["sleep", f"{os.getpid()}.5"])
    print(hosts._name, f"{os.getpid()}.5", flush=True)
    os.kill(os.getpid(), 9)
"""


def test_hosts_of_a_killed_process_are_removed_by_the_next(make_hosts):
    make_hosts(1)
    root = pathlib.Path(__file__).parents[2]
    # Leaving its output open, the program on the host would be waited for.
    with tempfile.TemporaryFile("w+") as output:
        subprocess.run(
            [sys.executable, "-c", KILLED],
            env=os.environ | {"PYTHONPATH": str(root)},
            stdout=output,
        )
        output.seek(0)
        name, seconds = output.read().split()
    assert f"{name}0" in _names()
    make_hosts(1)
    assert not any(one.startswith(name) for one in os.listdir("/run/netns"))
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # It has ended.
            assert seconds.encode() not in path.read_bytes()


def test_variables_reach_a_process_of_a_host(make_hosts):
    command = ["sh", "-c", "echo $GIVEN in $HOME"]
    done = make_hosts(1).run(0, command, env={"GIVEN": "x"})
    assert done.stdout == f"x in {os.environ['HOME']}\n"


def test_a_machine_that_cannot_make_hosts_says_why(monkeypatch):
    with pytest.raises(ValueError, match="number=0"):
        Hosts(0)
    monkeypatch.setattr(hosts_module.shutil, "which", lambda _: None)
    with pytest.raises(NoHostsError, match="iproute2"), Hosts(1):
        pass
    monkeypatch.undo()
    monkeypatch.setattr(hosts_module.os, "geteuid", lambda: 1000)
    if hosts_module.shutil.which("ip"):
        with pytest.raises(NoHostsError, match="only root"), Hosts(1):
            pass
