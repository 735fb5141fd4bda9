"""The page that runs the network in the browser, in a headless Chromium.

The network is tiny, or the one that comes with the package; its numbers are
those of Python for the same frames.
"""

import json
import re
import shutil
import subprocess
import urllib.parse

import av
import numpy as np
import pytest
from PIL import Image

import rmdn_tf
from docs import browser_page
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runs.network_facts import describe_network
from rmdn_tf.runtimes.export import export_portable
from rmdn_tf.video.resizing import resize_frames
from tests.helpers.browser import chromium, drop_file, served
from tests.helpers.coded_frames import code_of, coded_frames
from tests.helpers.made_videos import write_video
from tests.helpers.view_page import drawn_pixels, elements, run, wait_for

pytestmark = pytest.mark.slow

# VP9 without loss in RGB: the browser and Python decode the same pixels.
LOSSLESS = {"codec": "libvpx-vp9", "pix_fmt": "gbrp", "options": {"lossless": "1"}}

DONE = 'byId("progress-text").textContent.startsWith("Computed")'
MIXTURES = "return page.analysis.whole.keyframes.mixtures.map((m) => [...m]);"


@pytest.fixture(scope="session")
def model_file(tiny_spatial_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.tflite"
    model = build_rmdn(tiny_spatial_model)
    facts = describe_network(model, tiny_spatial_model, "tiny", {})
    export_portable(model, tiny_spatial_model, path, "litert", facts=facts)
    return path


@pytest.fixture(scope="session")
def site(model_file, tmp_path_factory):
    """A static host on which the page lies in a folder."""
    if reason := browser_page.missing():
        pytest.skip(f"The page cannot be built: {reason}.")
    folder = tmp_path_factory.mktemp("www")
    try:
        browser_page.build(folder / "some" / "try", model_file)
    except RuntimeError as error:
        if "npm" not in str(error):
            raise
        pytest.skip(f"npm cannot install LiteRT.js: {error}")
    return folder


@pytest.fixture(scope="session")
def address(site):
    with served(site) as address:
        yield f"{address}/some/try/index.html"


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, address):
    browser.get(address)
    return browser


def clip(path, num_frames=30, rate=25, size=(48, 64), **options):
    """Writes pixels that tell the number of each frame, under noise."""
    frames = coded_frames(num_frames, size) // 2
    frames += np.random.default_rng(0).integers(
        0, 100, frames.shape, dtype=np.uint8
    )
    write_video(path, frames, rate=rate, **(LOSSLESS | options))
    return path


def expected_mixtures(model, path):
    """The mixtures of Python, one for each frame that the network sees."""
    mixtures = []
    for _, density in rmdn_tf.load(model).stream(path):
        if not any(density.parameters is one for one in mixtures[-1:]):
            mixtures.append(density.parameters)
    return np.stack(mixtures)


def computed(page):
    wait_for(page, DONE, seconds=120)
    mixtures = run(page, MIXTURES)
    return np.array(mixtures, np.float32).reshape(len(mixtures), -1, 6)


@pytest.mark.parametrize(
    ("rate", "num_frames"), [(25, 40), (30, 45), (10, 12), (24, 36), (7, 12)]
)
def test_a_video_gives_the_mixtures_of_python(
    page, model_file, tmp_path, rate, num_frames
):
    video = clip(tmp_path / "clip.webm", num_frames, rate)
    drop_file(page, video)
    mixtures = computed(page)
    expected = expected_mixtures(model_file, video)
    np.testing.assert_allclose(mixtures, expected, rtol=0, atol=1e-3)


def test_a_picture_gives_the_density_of_python(page, model_file, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)
    picture = tmp_path / "picture.png"
    Image.fromarray(pixels).save(picture)
    drop_file(page, picture)
    wait_for(page, DONE)
    mixture = run(page, "return [...page.keyframes.mixtures[0]];")
    expected = rmdn_tf.load(model_file).predict(picture).parameters
    np.testing.assert_allclose(
        np.reshape(mixture, (-1, 6)), expected, rtol=0, atol=1e-3
    )
    assert drawn_pixels(page) > 1000
