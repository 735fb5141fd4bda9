"""Tests of `tfrecords_tools.shards.shard_reports`."""

import pytest

from rmdn_tf.data.records import RecordError
from tests.helpers.damaged_datasets import put
from tests.helpers.made_up import MadeUp, write
from tfrecords_tools.shards.shard_reports import REPORT_FOLDER, read_report


def test_a_report_reads_back_as_it_was(tmp_path):
    (report,) = write(MadeUp({"a": 6}, knows_observers=False), tmp_path)
    assert read_report(tmp_path, report.file) == report


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b"\xff"])
def test_a_shard_without_a_report_is_an_error(tmp_path, content):
    (report,) = write(MadeUp({"a": 6}), tmp_path)
    path = tmp_path / REPORT_FOLDER / f"{report.file}.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordError, match=f"Remove the shard '{report.file}'"):
        read_report(tmp_path, report.file)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("checksums", []),
        ("num_bytes", "5"),
        ("videos", [[]]),
        ("statistics", None),
        ("statistics/observers", [None]),
        ("statistics/left_out", {"blinks": "6"}),
        ("statistics/colour", 1),
    ],
)
def test_an_invalid_report_of_a_shard_is_refused(tmp_path, place, value):
    (report,) = write(MadeUp({"a": 3}), tmp_path)
    file = f"{REPORT_FOLDER}/{report.file}.json"
    put(tmp_path, file, place, value)
    message = "invalid report .* Expected .* Remove"
    with pytest.raises(RecordError, match=message):
        read_report(tmp_path, report.file)
