"""Limits of a connection, and its certificates, over gRPC and REST."""

import subprocess

import numpy as np
import pytest

from rmdn_tf.serving.client import Client, Sending
from rmdn_tf.serving.connection import Connection
from tests.helpers.loopback import SCHEMES, client_of, serving

pytestmark = pytest.mark.slow

pytest.importorskip("tensorflow_serving.apis")


@pytest.mark.parametrize(
    "made, name",
    [
        (lambda: Connection(timeout_seconds=0), "timeout_seconds"),
        (lambda: Connection(num_attempts=0), "num_attempts"),
        (lambda: Connection(certificate_file="c"), "key_file"),
        (lambda: Sending(jpeg_quality=0), "jpeg_quality"),
        (lambda: Sending(jpeg_quality=101), "jpeg_quality"),
    ],
)
def test_invalid_settings_are_named(made, name):
    with pytest.raises(ValueError, match=f"Invalid `{name}`. Expected"):
        made()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_messages_have_a_limit(server, video, scheme):
    limit = Connection(max_message_bytes=20_000)
    with client_of(server, scheme, limit) as client:
        with pytest.raises(ValueError, match="RESOURCE_EXHAUSTED"):
            list(client.stream(np.tile(video, (4, 1, 1, 1)), clips_at_once=32))
    with pytest.raises(ValueError, match="RESOURCE_EXHAUSTED"):
        client_of(server, scheme, Connection(max_message_bytes=100))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A key and a certificate of "localhost" that vouches for itself."""
    directory = tmp_path_factory.mktemp("certificates")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed.")
    return str(key), str(certificate)


@pytest.fixture(scope="module")
def secure_server(exported, _server, certificates):
    """One that wants to see the client's certificate as well."""
    with serving(
        exported.version, certificates=certificates, model=_server.model
    ) as server:
        yield server


@pytest.mark.parametrize("scheme", SCHEMES)
def test_client_and_server_show_their_certificates(
    secure_server, certificates, video, scheme
):
    key, certificate = certificates
    connection = Connection(
        ca_file=certificate, certificate_file=certificate, key_file=key
    )
    with client_of(secure_server, scheme, connection) as client:
        for _, density in client.stream(video[:2]):
            assert density.parameters.shape[1] == 6


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("shows", ["nothing", "no certificate of its own"])
def test_without_certificates_there_is_no_connection(
    secure_server, certificates, scheme, shows
):
    ca_file = None if shows == "nothing" else certificates[1]
    connection = Connection(2, 2, 0.01, ca_file=ca_file)
    with pytest.raises((ConnectionError, TimeoutError)):
        client_of(secure_server, scheme, connection)


@pytest.mark.parametrize("scheme", ["grpcs", "https"])
def test_a_missing_certificate_is_named(tmp_path, scheme):
    connection = Connection(ca_file=str(tmp_path / "none.pem"))
    with pytest.raises(FileNotFoundError, match="none.pem"):
        Client(f"{scheme}://localhost:1", "tiny", connection)
