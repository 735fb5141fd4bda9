"""Remote directories that are used as directories of this machine."""

import pathlib

import pytest

pytest.importorskip("fsspec")

from rmdn_tf.files import mirror as mirrors  # noqa: E402
from rmdn_tf.files import remote  # noqa: E402
from rmdn_tf.files.file_systems import (  # noqa: E402
    list_names,
    remove_directory,
)
from rmdn_tf.files.mirror import (  # noqa: E402
    fetched,
    mirrored,
    origin_of,
    upload_changes,
)
from rmdn_tf.files.published import write_content  # noqa: E402
from rmdn_tf.files.reading import read_content  # noqa: E402
from rmdn_tf.runs.paths import model_directory  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture
def run(request):
    """Returns a remote directory with two files."""
    path = f"memory://{request.node.name}"
    write_content(f"{path}/training.json", b"settings")
    write_content(f"{path}/best/model.json", b"best")
    yield path
    remove_directory(path)
    fetched.cache_clear()


def content(path):
    return read_content(path, 100)


def test_a_directory_of_this_machine_is_itself(tmp_path):
    with mirrored(tmp_path) as local:
        assert local == str(tmp_path)
        upload_changes(local)


def test_a_copy_holds_what_was_there_and_changes_are_uploaded(run):
    with mirrored(f"{run}/") as local:
        here = pathlib.Path(local)
        assert (here / "training.json").read_bytes() == b"settings"
        assert (here / "best" / "model.json").read_bytes() == b"best"
        (here / "logs").mkdir()
        (here / "logs" / "events").write_bytes(b"1")
        assert list_names(run) == ["best", "training.json"]
        upload_changes(local)
        assert content(f"{run}/logs/events") == b"1"
        (here / "logs" / "events").write_bytes(b"12")
        (here / "training.json").unlink()
    assert content(f"{run}/logs/events") == b"12"
    assert list_names(run) == ["best", "logs"]
    assert not here.exists()


def test_what_did_not_change_is_not_uploaded(run, monkeypatch):
    uploaded = []
    upload = remote.upload

    def spy(source, path):
        uploaded.append(path.removeprefix(f"{run}/"))
        upload(source, path)

    monkeypatch.setattr(remote, "upload", spy)
    with mirrored(run) as local:
        folder = pathlib.Path(local, "checkpoints")
        folder.mkdir()
        for name in ("checkpoint", "ckpt-1.index", "ckpt-1.data"):
            (folder / name).write_text(name)
        pathlib.Path(local, ".lock").touch()
    # The list of checkpoints names only files that are there.
    names = ["ckpt-1.data", "ckpt-1.index", "checkpoint"]
    assert uploaded == [f"checkpoints/{name}" for name in names]


def test_an_error_stays_and_what_was_written_is_uploaded(run):
    with pytest.raises(KeyError):
        with mirrored(run) as local:
            pathlib.Path(local, "failed.json").write_text("{}")
            raise KeyError
    assert content(f"{run}/failed.json") == b"{}"


def test_an_upload_that_fails_hides_no_other_error(run, monkeypatch):
    def fail(source, path):
        raise OSError("no answer")

    monkeypatch.setattr(remote, "upload", fail)
    with pytest.raises(KeyError):
        with mirrored(run) as local:
            pathlib.Path(local, "a").touch()
            raise KeyError
    with pytest.raises(OSError, match="no answer"):
        with mirrored(run) as local:
            pathlib.Path(local, "a").touch()
    assert not mirrors._mirrors


def test_who_only_reads_uploads_nothing(run):
    with mirrored(run, writes=False) as local:
        pathlib.Path(local, "a").touch()
        upload_changes(local)
    assert list_names(run) == ["best", "training.json"]


def test_results_are_added_without_a_copy_of_what_is_there(run):
    with mirrored(run, reads=False) as local:
        assert list(pathlib.Path(local).iterdir()) == []
        pathlib.Path(local, "report.html").write_text("a")
        path = origin_of(pathlib.Path(local, "report.html"))
        assert path == f"{run}/report.html"
    assert list_names(run) == ["best", "report.html", "training.json"]
    assert origin_of("data/a") == "data/a"


def test_a_new_directory_begins_empty(run):
    with mirrored(f"{run}/new") as local:
        assert list(pathlib.Path(local).iterdir()) == []
        pathlib.Path(local, "a").write_text("a")
    assert content(f"{run}/new/a") == b"a"


def test_a_remote_model_is_copied_once(run):
    path = model_directory(run)
    assert path.name == "best"
    assert [file.name for file in path.iterdir()] == ["model.json"]
    write_content(f"{run}/best/model.json", b"later")
    assert model_directory(f"{run}/") == path
    assert (path / "model.json").read_bytes() == b"best"


def test_a_remote_file_version_and_checkpoint_are_found(run):
    for name in ("saved/2/a", "saved/10/a", "network.onnx"):
        write_content(f"{run}/{name}", b"x")
    for name in ("checkpoint", "ckpt-3.index"):
        write_content(f"{run}/checkpoints/{name}", b"x")
    assert model_directory(f"{run}/network.onnx").read_bytes() == b"x"
    assert model_directory(f"{run}/saved").name == "10"
    newest = model_directory(f"{run}/checkpoints")
    assert (newest.parent / "training.json").exists()
    one = model_directory(f"{run}/checkpoints/ckpt-3")
    assert one.with_name("ckpt-3.index").exists()
    with pytest.raises(FileNotFoundError, match=f"'{run}/missing'"):
        model_directory(f"{run}/missing")
