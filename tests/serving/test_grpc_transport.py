"""Requests over gRPC go to all addresses, and again if they do not arrive."""

import grpc
import numpy as np
import pytest

from rmdn_tf.serving.client import Client, Connection
from rmdn_tf.serving.grpc_transport import service_config, target_of
from tests.helpers.loopback import serving

pytest.importorskip("tensorflow_serving.apis")

QUICK = Connection(timeout_seconds=20, wait_seconds=0.05)


@pytest.fixture
def servers(exported, server):
    with serving(exported.version, model=server.model) as other:
        yield [other, server]


def client_of(servers):
    ports = [server.grpc_url.rpartition(":")[2] for server in servers]
    addresses = ",".join(f"127.0.0.1:{port}" for port in ports)
    return Client(f"grpc://{addresses}", "tiny", QUICK)


def test_two_servers_share_the_steps_of_one_stream(servers, video):
    with client_of(servers) as client:
        # The second connection may be ready a moment after the first.
        for _ in range(5):
            assert len(list(client.stream(video))) == len(video)
    numbers = [len(server.requests) for server in servers]
    assert min(numbers) > 0.25 * sum(numbers)


def test_a_stream_goes_on_where_one_of_two_servers_dies(servers, video):
    with client_of(servers[:1]) as client:
        expected = [d.parameters for _, d in client.stream(video)]
    with client_of(servers) as client:
        for _ in range(2):
            list(client.stream(video))
        stream = client.stream(video)
        actual = [next(stream)[1].parameters]
        servers[0].stop_grpc()
        servers[1].requests.clear()
        actual += [density.parameters for _, density in stream]
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)
    assert len(servers[1].requests) >= len(video) - 1


@pytest.mark.parametrize(
    "location, target",
    [
        ("server:8500", "dns:///server:8500"),
        ("10.0.0.1:8500", "dns:///10.0.0.1:8500"),
        ("10.0.0.1:1,10.0.0.2:2", "ipv4:10.0.0.1:1,10.0.0.2:2"),
        ("[::1]:1,[::2]:2", "ipv6:[::1]:1,[::2]:2"),
    ],
)
def test_a_location_is_named_as_grpc_names_it(location, target):
    assert target_of(location) == target


@pytest.mark.parametrize("location", ["a:1,b:2", "10.0.0.1:1,[::1]:2", ","])
def test_several_names_are_an_error(location):
    with pytest.raises(ValueError, match="Expected one host, or IP addresses"):
        target_of(location)


def test_a_request_larger_than_grpcs_own_buffer_is_sent_again(server):
    large = np.zeros([100, 100, 3], np.uint8)
    with Client(server.grpc_url, "tiny", QUICK) as client:
        server.requests.clear()
        # After the metadata and the state.
        server.faults.extend([None, None, grpc.StatusCode.UNAVAILABLE])
        assert len(list(client.stream([large]))) == 1
    assert [name for name, _ in server.requests].count("step") == 2


@pytest.mark.parametrize("number, attempts", [(1, None), (3, 3), (99, 5)])
def test_the_number_of_attempts_is_one_that_grpc_knows(number, attempts):
    config = service_config(Connection(num_attempts=number))
    policies = [one["retryPolicy"] for one in config.get("methodConfig", [])]
    expected = [] if attempts is None else [attempts]
    assert [policy["maxAttempts"] for policy in policies] == expected
