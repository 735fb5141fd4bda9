"""Tests of `beam_runner`, through Beam's local runner."""

import sys

import pytest

from tfrecords_tools.shards.beam_runner import BeamError, beam_runner

pytestmark = [pytest.mark.slow, pytest.mark.versions]


@pytest.fixture
def beam():
    return pytest.importorskip("apache_beam", reason="needs the extra `beam`")


def write_square(path):
    path.write_text(str(int(path.name) ** 2))


def fail(path):
    raise ValueError(f"torn: {path.name}")


@pytest.mark.usefixtures("beam")
def test_every_item_is_done(tmp_path):
    items = [tmp_path / str(number) for number in range(5)]
    run = beam_runner("DirectRunner")
    assert list(run(write_square, items)) == [None] * 5
    assert [item.read_text() for item in items] == ["0", "1", "4", "9", "16"]


@pytest.mark.usefixtures("beam")
def test_an_error_in_a_task_is_one_of_ours_with_its_message(tmp_path):
    run = beam_runner("DirectRunner")
    with pytest.raises(BeamError, match="(?s)`DirectRunner` failed.*torn: 3"):
        list(run(fail, [tmp_path / "3"]))


@pytest.mark.usefixtures("beam")
def test_an_unknown_runner_is_an_error():
    with pytest.raises(BeamError, match="NoSuchRunner"):
        list(beam_runner("NoSuchRunner")(write_square, []))


def test_without_beam_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(BeamError, match=r"--runner=Flink.*rmdn-tf\[beam\]"):
        beam_runner("Flink")
