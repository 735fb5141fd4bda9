"""Tests of `tfrecords_tools.trackers.dialect`."""

import io
import zipfile

import numpy as np
import pytest

from tests.helpers.made_videos import write_grey
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.dialect import read_text, refuse_binary

TEXT = "video,observer,t_ms,x,y\nclip,Zoë,0,1,2\n" * 20


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


NOISE = np.random.default_rng(0).bytes(5000)
BINARY = {
    "an Excel workbook; save it as CSV": zipped(),
    "a gzip file; unpack it": b"\x1f\x8b" + NOISE,
    "an HDF5 file": b"\x89HDF\r\n\x1a\n" + NOISE,
    "a MATLAB file": b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + NOISE,
    "a binary file": b"\x89PNG\r\n\x1a\n" + NOISE,
    "convert it by SR Research's edf2asc": b"SR_RESEARCH_COMBINED" + NOISE,
}


@pytest.mark.parametrize("kind", BINARY)
def test_a_binary_file_is_refused_by_what_it_is(kind, tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_bytes(BINARY[kind])
    with pytest.raises(SourceError, match=f"Expected text. Received.*{kind}"):
        refuse_binary(str(path))


def test_a_video_is_no_text(tmp_path):
    path = write_grey(tmp_path / "clip.avi", range(10))
    with pytest.raises(SourceError, match="a binary file"):
        refuse_binary(str(path))


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
    + ["latin-1"],
)
def test_text_is_no_binary_file(encoding, tmp_path):
    path = tmp_path / "gaze.csv"
    for text in ("", "a", TEXT):
        path.write_bytes(text.encode(encoding))
        refuse_binary(str(path))


@pytest.mark.parametrize(
    ("written", "given"),
    [("utf-8-sig", "utf-8"), ("utf-16", "utf-16-le"), ("utf-16", "utf-16")],
)
def test_a_byte_order_mark_is_no_letter(written, given, tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_bytes(TEXT.encode(written))
    assert "".join(read_text(str(path), given)) == TEXT
