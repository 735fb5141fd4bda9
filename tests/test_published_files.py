"""Files that appear whole or not at all."""

import json

import pytest

from rmdn_tf.published_files import published, write_json


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "scores.json"
    with published(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.suffix == path.suffix
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there_before(tmp_path):
    path = tmp_path / "scores.json"
    path.write_text("old")
    with pytest.raises(KeyError):
        with published(path) as temporary:
            temporary.write_text("new")
            raise KeyError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_document_that_json_cannot_hold_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"key": object()})
    assert not list(tmp_path.iterdir())


def test_json_reads_back(tmp_path):
    write_json(tmp_path / "a.json", {"key": [1, 2]})
    assert json.loads((tmp_path / "a.json").read_text()) == {"key": [1, 2]}
