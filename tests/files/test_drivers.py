"""The drivers of fsspec: what is missing, refused and set."""

import contextlib

import pytest

fsspec = pytest.importorskip("fsspec")

from rmdn_tf.files import drivers  # noqa: E402
from rmdn_tf.files.path_errors import FileSystemError  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("path", ["s3://K:S@bucket/a", "az://K:S/S@box/a"])
def test_a_password_that_no_driver_takes_is_refused_and_not_shown(path):
    scheme = path.partition(":")[0]
    with pytest.raises(FileSystemError, match=f"'{scheme}://[*]{{3}}@b"):
        drivers.require_driver(path)


def test_an_unknown_scheme_is_an_error_that_lists_the_known():
    message = "'ftp://host/data'.*one of abfs://.*s3://.*Received: ftp://"
    with pytest.raises(FileSystemError, match=message):
        drivers.require_driver("ftp://host/data")


@pytest.mark.parametrize(
    ("scheme", "module", "extra"),
    [
        ("s3", "s3fs", "s3"),
        ("gs", "gcsfs", "gs"),
        ("abfs", "adlfs", "azure"),
        ("hdfs", "pyarrow", "hdfs"),
        ("https", "aiohttp", "http"),
    ],
)
def test_a_missing_driver_is_an_error_that_tells_how_to_install_it(
    monkeypatch, scheme, module, extra
):
    def fail(name):
        raise ModuleNotFoundError(f"No module named '{name}'")

    monkeypatch.setattr(drivers.importlib, "import_module", fail)
    message = (
        f"'{scheme}://a/b'.*library {module}, which brings {scheme}://.*No "
        rf"module named '{module}'.*pip install 'rmdn-tf\[{extra}\]'"
    )
    with pytest.raises(FileSystemError, match=message):
        drivers.require_driver(f"{scheme}://a/b")


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        ({"S3_ENDPOINT": "host:9000"}, "https://host:9000"),
        ({"S3_ENDPOINT": "host:9000", "S3_USE_HTTPS": "0"}, "http://host:9000"),
        ({"S3_ENDPOINT": "http://host:9000"}, "http://host:9000"),
        ({}, None),
    ],
)
def test_the_variables_of_before_choose_the_server_of_s3(
    monkeypatch, variables, endpoint
):
    pytest.importorskip("s3fs")
    for name in ("S3_ENDPOINT", "S3_USE_HTTPS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    system, place = drivers.file_system("s3://bucket/a")
    assert system.endpoint_url == endpoint
    assert system.client_kwargs["region_name"] == "eu-west-3"
    assert place == "bucket/a"


def test_the_settings_of_fsspec_come_first(monkeypatch):
    pytest.importorskip("s3fs")
    monkeypatch.setenv("S3_ENDPOINT", "http://other")
    settings = {
        "endpoint_url": "http://host",
        "config_kwargs": {"read_timeout": 3},
    }
    with contextlib.ExitStack() as stack:
        stack.callback(fsspec.config.conf.pop, "s3", None)
        fsspec.config.conf["s3"] = settings
        system, _ = drivers.file_system("s3://bucket/a")
    assert system.endpoint_url == "http://host"
    assert system.config_kwargs["read_timeout"] == 3
    assert system.config_kwargs["connect_timeout"] == drivers.CONNECT_SECONDS
