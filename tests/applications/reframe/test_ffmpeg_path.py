"""FFmpeg follows the path of a crop, as the page says."""

import shutil
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest
from av.filter import Graph

from rmdn_tf.applications.reframe.crop_path import CropPath
from rmdn_tf.applications.reframe.crop_sizes import CropSizes
from rmdn_tf.applications.reframe.path_file import write_path
from tests.helpers.documents import ROOT

PAGE = ROOT / "docs" / "how_to" / "reframe.md"


def documented_line(program):
    """Returns the line of the page that runs a program."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (line,) = (one for one in lines if one.startswith(f"{program} "))
    return line


@pytest.mark.skipif(not shutil.which("awk"), reason="No awk on this machine.")
def test_ffmpeg_crops_along_the_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frames = np.random.default_rng(0).integers(0, 256, (5, 36, 64), np.uint8)
    left = np.array([0, 2, 8, 20.4, 44])
    boxes = np.array([[x / 64, 0, 20 / 64, 1] for x in left])
    times = np.arange(5) / 25
    path = CropPath(times, boxes, np.ones(5), np.ones(5), np.zeros(5, int))
    write_path("OUT.csv", path, CropSizes((36, 64), (36, 20), (36, 20)))
    subprocess.run(documented_line("awk"), shell=True, check=True)
    filters = documented_line("ffmpeg").split('"')[1]
    filters = filters.replace("608:1080", "20:36").split(",")
    graph = Graph()
    source = graph.add_buffer(
        width=64, height=36, format="gray", time_base=Fraction(1, 25)
    )
    added = [graph.add(*one.split("=", 1)) for one in filters]
    graph.link_nodes(source, *added, graph.add("buffersink")).configure()
    for number, pixels in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(pixels, "gray")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        graph.vpush(frame)
        begin = int(left[number])
        np.testing.assert_array_equal(
            graph.vpull().to_ndarray(), pixels[:, begin : begin + 20]
        )
