"""Credentials in paths and messages are not shown."""

import pathlib

import pytest

from rmdn_tf.files.shown_paths import redacted, shown

SIGNED = "X-Amz-Credential=AKIA%2F2026&X-Amz-Signature=0123456789abcdef"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("s3://bucket/data", "s3://bucket/data"),
        ("s3://bucket/a@b:c", "s3://bucket/a@b:c"),
        ("s3://KEY:SEC/RET+@bucket/data", "s3://***@bucket/data"),
        ("https://me:pass@host/a", "https://***@host/a"),
        ("https://token@host/a", "https://***@host/a"),
        ("http://host:8000/a@b", "http://host:8000/a@b"),
        ("https://host/a.json?sv=1&sig=abc%3D", "https://host/a.json?***"),
        (f"https://bucket.host/a?{SIGNED}", "https://bucket.host/a?***"),
        ("abfs://box@account.dfs/a", "abfs://box@account.dfs/a"),
        ("hdfs://me@host:9000/a", "hdfs://me@host:9000/a"),
        ("hdfs://me:pass@host:9000/a", "hdfs://***@host:9000/a"),
        ("az://box/a?sig=abc", "az://box/a?***"),
        ("rtsp://me:pass@camera/1", "rtsp://***@camera/1"),
        ("data/why?.txt", "data/why?.txt"),
        (pathlib.Path("data/me:1@x"), "data/me:1@x"),
        (b"data/a", "data/a"),
    ],
)
def test_a_path_is_shown_without_password_and_query(path, expected):
    assert shown(path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Cannot read 'https://me:pass@host/a?sig=1': 403, url='http://h/?x'",
            "Cannot read 'https://***@host/a?***': 403, url='http://h/?***'",
        ),
        (
            "DefaultEndpointsProtocol=https;AccountKey=abc==;Suffix=x",
            "DefaultEndpointsProtocol=https;AccountKey=***;Suffix=x",
        ),
        ("X-Amz-Signature=0123&x=1", "X-Amz-Signature=***&x=1"),
        ("{'secret': 'hidden', 'key': 1}", "{'secret': '***', 'key': 1}"),
        (
            "Invalid `seed`. Received: seed=3.",
            "Invalid `seed`. Received: seed=3.",
        ),
    ],
)
def test_a_message_is_told_without_credentials(text, expected):
    assert redacted(text) == expected


def test_a_secret_of_the_environment_is_hidden_wherever_it_stands(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    monkeypatch.setenv("FSSPEC_S3_SECRET", "short")
    text = "Signature of wJalrXUtnFEMI/K7MDENG differs, in short."
    assert redacted(text) == "Signature of *** differs, in short."
