"""Tests of `rmdn_tf.video.folders`."""

import pytest

from rmdn_tf.video.folders import videos_in, walk


def test_a_walk_is_sorted_and_follows_links_to_folders(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("b.avi", "a.avi"):
        (outside / name).touch()
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    (root / "a").mkdir()
    assert list(walk(root)) == [
        (str(root), ["a", "link"], []),
        (str(root / "a"), [], []),
        (str(root / "link"), [], ["a.avi", "b.avi"]),
    ]


@pytest.mark.parametrize("target", [".", ".."])
def test_links_that_lead_in_a_circle_are_an_error(tmp_path, target):
    folder = tmp_path / "root" / "inner"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(target)
    with pytest.raises(ValueError, match="link' leads in a circle"):
        list(walk(tmp_path / "root"))


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="Unreadable folder .*absent'"):
        list(walk(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("b.MP4 a.mkv a.jpg notes.txt", ["a.mkv", "b.MP4"]),
        ("b.jpg a.PNG notes.txt", ["a.PNG", "b.jpg"]),
        (".a.mp4 notes.txt", []),
        (".thumbnails/a.mp4 c.mp4 day/b.avi", ["c.mp4", "day/b.avi"]),
    ],
)
def test_a_folder_gives_its_videos_or_else_its_pictures(
    tmp_path, names, expected
):
    for name in names.split():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    videos, others = videos_in(tmp_path)
    assert videos == [str(tmp_path / name) for name in expected]
    shown = [name for name in names.split() if not name.startswith(".")]
    assert sorted(others) == [
        str(tmp_path / name) for name in sorted({*shown} - {*expected})
    ]
