"""Tests of `rmdn_tf.engines.beam`, through Beam's local runner."""

import sys

import pytest

from rmdn_tf.engines.beam import BeamError, beam_pipeline
from rmdn_tf.engines.tasks import TasksFailedError

pytestmark = [pytest.mark.slow, pytest.mark.versions]


@pytest.fixture
def beam():
    return pytest.importorskip("apache_beam", reason="needs the extra `beam`")


def square(path):
    path.write_text("done")
    return int(path.name) ** 2


def fail(path):
    raise ValueError(f"torn: {path.name}")


def fail_in_passing(path):
    if path.name == "3":
        raise ConnectionResetError("The other side hung up.")
    return square(path)


@pytest.mark.usefixtures("beam")
def test_every_item_is_done(tmp_path):
    items = [tmp_path / str(number) for number in range(5)]
    run = beam_pipeline("DirectRunner", (), tmp_path)
    assert list(run(square, items)) == [0, 1, 4, 9, 16]
    assert {path.name for path in tmp_path.iterdir()} == set("01234")


@pytest.mark.usefixtures("beam")
def test_an_error_in_a_task_is_one_of_ours_with_its_message(tmp_path):
    run = beam_pipeline("DirectRunner", (), tmp_path)
    with pytest.raises(BeamError, match="(?s)`DirectRunner` failed.*torn: 3"):
        list(run(fail, [tmp_path / "3"]))


@pytest.mark.usefixtures("beam")
def test_a_task_that_fails_three_times_is_listed_and_the_rest_done(tmp_path):
    items = [tmp_path / str(number) for number in range(5)]
    run = beam_pipeline("DirectRunner", (), tmp_path)
    done = []
    with pytest.raises(TasksFailedError, match="1 of 5.*\n  item 3: The other"):
        done.extend(run(fail_in_passing, items, lambda p: f"item {p.name}"))
    assert {path.name for path in tmp_path.iterdir()} == set("0124")


@pytest.mark.usefixtures("beam")
def test_an_unknown_runner_is_an_error(tmp_path):
    with pytest.raises(BeamError, match="NoSuchRunner"):
        list(beam_pipeline("NoSuchRunner", (), tmp_path)(square, []))


def test_without_beam_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(BeamError, match=r"--runner=Flink.*rmdn-tf\[beam\]"):
        beam_pipeline("Flink", (), ".")
