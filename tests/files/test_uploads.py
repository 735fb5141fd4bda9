"""What is written on this machine before it is uploaded."""

import os
import pathlib
import signal
import tempfile
import types

import pytest

from rmdn_tf.files import uploads as uploads_module
from rmdn_tf.files.file_systems import list_names, remove_directory
from rmdn_tf.files.published import published, write_json
from rmdn_tf.files.uploads import folder_of_uploads
from tests.helpers.processes import run_until_killed

pytestmark = pytest.mark.slow

pytest.importorskip("fsspec")


def killed_while_uploading(folder):
    tempfile.tempdir = folder
    with published("memory://killed/a.json") as temporary:
        pathlib.Path(temporary).write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    """Returns the folder of files to upload, which only this test uses."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    # Not `tempfile.tempdir`: a socket of the processes would lie there, and the
    # path of a socket has 107 characters at most.
    here = types.SimpleNamespace(gettempdir=lambda: str(folder))
    monkeypatch.setattr(uploads_module, "tempfile", here)
    return pathlib.Path(folder_of_uploads())


def test_what_a_killed_process_wanted_to_upload_is_removed(uploads, tmp_path):
    run_until_killed(killed_while_uploading, str(uploads.parent))
    assert len(list(uploads.iterdir())) == 1
    with published("memory://killed/b.json") as temporary:
        pathlib.Path(temporary).write_text("whole")
        assert [str(path) for path in uploads.iterdir()] == [
            os.path.dirname(temporary)
        ]
    assert list_names("memory://killed") == ["b.json"]
    assert list(uploads.iterdir()) == []
    remove_directory("memory://killed")


def test_the_folder_of_uploads_is_private_and_not_anothers(
    uploads, monkeypatch
):
    assert uploads.stat().st_mode & 0o077 == 0
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    uploads.rename(uploads.with_name(f"rmdn-tf-{other}"))
    with pytest.raises(PermissionError, match="belongs to another"):
        write_json("memory://other/a.json", {})
