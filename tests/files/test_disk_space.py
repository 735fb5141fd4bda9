"""Whether there is room, asked before anything is written."""

import shutil

import pytest

from rmdn_tf.files.disk_space import format_bytes, require_room


def test_a_directory_with_room_is_made_and_left_empty(tmp_path):
    require_room(tmp_path / "new" / "run", 1)
    assert list((tmp_path / "new" / "run").iterdir()) == []


def test_all_of_the_free_space_is_enough_and_a_byte_more_is_not(
    tmp_path, monkeypatch
):
    free = 3 * 2**20
    usage = type(shutil.disk_usage(tmp_path))(10 * free, 9 * free, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    require_room(tmp_path, free)
    with pytest.raises(OSError, match=f"No room in '{tmp_path}'") as caught:
        require_room(tmp_path, 2 * free)
    assert "Expected 6 MiB. Received: 3 MiB free." in str(caught.value)
    with pytest.raises(OSError, match="No room"):
        require_room(tmp_path, free + 1)


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file/run"):
        require_room(tmp_path / "file" / "run", 1)


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (1.5 * 2**30, "1.5 GiB"),
        (2**40, "1 TiB"),
        (2**52, "4096 TiB"),
    ],
)
def test_bytes_are_written_for_people(num_bytes, text):
    assert format_bytes(num_bytes) == text
