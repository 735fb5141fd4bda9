"""Tests the folder that is gone in the end."""

import os
import subprocess
import sys

import pytest

from rmdn_tf.applications.view.private_folder import private_folder

# Makes a folder with a file, tells its path, and waits to be killed.
HELD = """
import pathlib, sys, time
from rmdn_tf.applications.view.private_folder import private_folder
with private_folder(sys.argv[1]) as folder:
    pathlib.Path(folder, "video").write_text("secret")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_only_the_user_can_read_the_folder_and_it_is_gone_in_the_end(tmp_path):
    with private_folder(tmp_path) as folder:
        assert os.stat(folder).st_mode & 0o777 == 0o700
        with open(os.path.join(folder, "video"), "w") as file:
            file.write("secret")
    assert not [*tmp_path.rglob("video")]


def test_it_is_gone_after_an_error(tmp_path):
    with pytest.raises(KeyboardInterrupt), private_folder(tmp_path):
        raise KeyboardInterrupt
    assert len([*tmp_path.rglob("*")]) == 1


def test_the_folder_of_a_killed_process_is_removed_at_the_next_start(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, tmp_path],
        stdout=subprocess.PIPE,
        text=True,
    )
    folder = process.stdout.readline().strip()
    with private_folder(tmp_path):  # That of a living one stays.
        assert os.path.exists(os.path.join(folder, "video"))
    process.kill()
    process.wait()
    process.stdout.close()
    assert os.path.exists(os.path.join(folder, "video"))
    with private_folder(tmp_path):
        assert not os.path.exists(folder)


def test_a_folder_that_others_may_read_is_refused(tmp_path):
    with private_folder(tmp_path):
        pass
    (base,) = tmp_path.iterdir()
    base.chmod(0o755)
    with (
        pytest.raises(OSError, match="Unsafe folder"),
        private_folder(tmp_path),
    ):
        pass


def test_a_link_in_its_place_is_refused(tmp_path):
    with private_folder(tmp_path / "."):
        pass
    (base,) = tmp_path.iterdir()
    base.rename(tmp_path / "elsewhere")
    base.symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(OSError, match="Unsafe folder"),
        private_folder(tmp_path),
    ):
        pass
