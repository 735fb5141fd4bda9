"""Each of several videos has a name of its own, as plain as can be."""

import os

import pytest

from rmdn_tf.prediction.video_names import named_videos


def names_of(folder, files, *values):
    for file in files.split():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    found, others = named_videos([str(folder / value) for value in values])
    return {
        name: os.path.relpath(path, folder) for name, path in found.items()
    }, [os.path.relpath(path, folder) for path in others]


@pytest.mark.parametrize(
    ("files", "values", "expected"),
    [
        # The ids that `rmdn prepare --dataset folder` gives.
        ("in/a.mp4 in/day/b.mkv", ["in"], "a day/b"),
        ("a.mp4 in/b.mkv", ["a.mp4", "in/b.mkv"], "a b"),
        # One stem: the suffix stays.
        ("in/a.mp4 in/a.mov in/b.mp4", ["in"], "a.mov a.mp4 b"),
        ("in/a.mp4 in/a.mov in/a.mov.avi", ["in"], "a.mov a.mov.avi a.mp4"),
        ("in/A.mp4 in/a.mov", ["in"], "A.mp4 a.mov"),
        # A video beside a folder of its name.
        ("in/a.mp4 in/a/b.mp4", ["in"], "a.mp4 a/b"),
        # Two folders.
        ("x/a.mp4 y/a.mp4", ["x", "y"], "x/a y/a"),
        ("x/in/a.mp4 y/in/a.mp4", ["x", "y"], "x/in/a y/in/a"),
        # Pictures, in a folder without a video.
        ("in/a.jpg in/b.png", ["in"], "a b"),
    ],
)
def test_names_are_plain_and_all_differ(tmp_path, files, values, expected):
    found, others = names_of(tmp_path, files, *values)
    assert sorted(found) == sorted(expected.split())
    assert sorted(found.values()) == sorted(files.split())
    assert others == []


@pytest.mark.parametrize(
    ("files", "values"),
    [
        ("x/in/a.mp4 y/in/a.mp4", ["x/in", "y/in"]),
        ("x/a.mp4 y/a.mp4", ["x/a.mp4", "y/a.mp4"]),
        ("x/A.mp4 y/a.mp4", ["x/A.mp4", "y/a.mp4"]),
    ],
)
def test_where_nothing_plain_is_left_the_path_is_in_the_name(
    tmp_path, files, values
):
    found, _ = names_of(tmp_path, files, *values)
    assert len({name.lower() for name in found}) == 2
    assert all("~" in name and "/" not in name for name in found)


def test_a_file_that_is_given_twice_is_one_video(tmp_path):
    os.symlink(tmp_path / "in" / "a.mp4", tmp_path / "link.mp4")
    values = ("in", "in/a.mp4", "link.mp4")
    found, _ = names_of(tmp_path, "in/a.mp4", *values)
    assert list(found) == ["in/a"]


def test_other_files_are_listed(tmp_path):
    found, others = names_of(tmp_path, "in/a.mp4 in/a.jpg in/notes.txt", "in")
    assert list(found) == ["a"]
    assert others == ["in/a.jpg", "in/notes.txt"]


def test_a_name_that_is_no_text_is_replaced(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    open(os.fsencode(folder) + b"/caf\xe9.mp4", "w").close()
    ((name, _),) = named_videos([str(folder)])[0].items()
    assert name.startswith(("_", "t")) and "~" in name
    name.encode()


def test_an_empty_folder_and_a_camera_are_refused(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").touch()
    with pytest.raises(ValueError, match="No video or picture in the folder"):
        named_videos([str(tmp_path / "in")])
    for live in ("0", "rtsp://host/live"):
        with pytest.raises(ValueError, match=f"the only --video.*'{live}'"):
            named_videos([live, "a.mp4"])
