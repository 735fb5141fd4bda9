"""Names with accented letters: two ways to write them are one name."""

import os
import unicodedata

import pytest

from tests.helpers.made_videos import write_grey
from tests.helpers.raw_writers import EVENTS
from tests.helpers.source_checks import prepare_small, records_of
from tfrecords_tools.raw_files import numbered_lines
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.folder import Folder

NAME = "Käthe/Café 서울"
FORMS = ("NFC", "NFD")


def in_form(form, text=NAME):
    return unicodedata.normalize(form, text)


@pytest.fixture
def raw_dir(tmp_path):
    return tmp_path / "raw"


@pytest.mark.parametrize("on_disk", FORMS)
@pytest.mark.parametrize("in_table", FORMS)
def test_a_name_in_two_forms_is_one_name(raw_dir, tmp_path, on_disk, in_table):
    assert in_form("NFC") != in_form("NFD")
    write_grey(raw_dir / f"{in_form(on_disk)}.avi", [100] * 10)
    name = in_form(in_table)
    (raw_dir / "gaze.csv").write_text(f"{EVENTS}{name},1,0,400,32,12\n")
    (raw_dir / "splits.csv").write_text(f"video,split\n{name},test\n")
    source = Folder(raw_dir, labels_from_folders=True)
    info = prepare_small(source, tmp_path / "a")
    assert info.splits["test"].num_fixations == 10
    (record,) = records_of(tmp_path / "a").values()
    assert record["video_id"].numpy().decode() == in_form("NFC")
    (label,) = record["labels"].numpy()
    assert label.decode() == in_form("NFC", "Käthe")


def test_two_files_that_look_the_same_are_an_error(raw_dir):
    for form in FORMS:
        path = raw_dir / f"{in_form(form, 'Café')}.avi"
        write_grey(path, [100] * 10)
    if len(os.listdir(raw_dir)) < 2:
        pytest.skip("This file system takes both names for one.")
    with pytest.raises(SourceError) as raised:
        Folder(raw_dir).entries()
    text = str(raised.value)
    assert "Two paths for the video 'Café'" in text
    assert "Caf\\xe9.avi'" in text and "Cafe\\u0301.avi'" in text


def test_a_name_that_is_not_utf_8_is_an_error_in_one_line(raw_dir):
    write_grey(raw_dir / "a.avi", [100] * 10)
    os.rename(raw_dir / "a.avi", os.fsencode(raw_dir) + b"/caf\xe9.avi")
    with pytest.raises(SourceError, match="Expected UTF-8") as raised:
        Folder(raw_dir).entries()
    assert str(raised.value).encode()


def test_lines_of_lists_are_in_one_form(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(in_form("NFD") + "\nplain\n", encoding="utf-8")
    assert list(numbered_lines(path)) == [(1, in_form("NFC")), (2, "plain")]
