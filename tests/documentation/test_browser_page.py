"""The page that runs the network in the browser, in a headless Chromium.

The network is tiny, or the one that comes with the package; its numbers are
those of Python for the same frames.
"""

import itertools
import json
import re
import shutil
import subprocess
import urllib.parse
from types import SimpleNamespace

import av
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import rmdn_tf
from docs import browser_page
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runs.network_facts import describe_network
from rmdn_tf.runtimes.export import export_portable
from rmdn_tf.video.resizing import resize_frames, resize_pixels
from tests.helpers.browser import chromium, drop_file, served
from tests.helpers.coded_frames import coded_frames
from tests.helpers.made_videos import write_video
from tests.helpers.view_page import drawn_pixels, elements, run, wait_for

pytestmark = pytest.mark.slow

# VP9 without loss in RGB: the browser and Python decode the same pixels.
LOSSLESS = {
    "codec": "libvpx-vp9",
    "pix_fmt": "gbrp",
    "options": {"lossless": "1"},
}

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
    folder = tmp_path_factory.mktemp("www")
    place = folder / "some" / "try"
    if reason := browser_page.build_or_reason(place, model_file):
        pytest.skip(f"The page cannot be built: {reason}.")
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


def clip(path, num_frames=30, rate=25, size=(24, 32), **options):
    """Writes frames, each other noise, that need not shrink: see `SIZES`."""
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
    np.testing.assert_allclose(mixtures, expected, rtol=0, atol=2e-5)
    # Another frame would be seen.
    assert np.abs(np.diff(expected, axis=0)).max((1, 2)).min() > 1e-4


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


SIZES = [
    ((30, 40), (32, 32)),
    ((32, 32), (32, 32)),
    ((96, 64), (32, 32)),
    ((47, 131), (32, 40)),
    ((20, 90), (33, 32)),
    ((1, 1), (5, 7)),
]


@pytest.mark.parametrize(("old", "new"), SIZES)
def test_the_scaler_gives_the_pixels_of_python(old, new, tmp_path):
    node = shutil.which("node") or pytest.skip("needs Node.js")
    frame = np.random.default_rng(0).integers(0, 256, (*old, 4), np.uint8)
    code = f"""
        import {{ resize }} from "{browser_page.SOURCE}/scaler.js";
        import {{ readFileSync }} from "node:fs";
        const result = resize(readFileSync(0), {[*old]}, {[*new]});
        process.stdout.write(Buffer.from(result.buffer));
    """
    done = subprocess.run(
        [node, "--input-type=module", "--eval", code],
        input=frame.tobytes(),
        capture_output=True,
        check=True,
    )
    resized = np.frombuffer(done.stdout, np.float32).reshape(*new, 3)
    expected = resize_frames(tf.constant(frame[None, ..., :3]), new)[0]
    far = np.abs(resized - expected)
    # Another processor may round a mean near a half to the other side.
    assert far.max() <= 1 + 1e-4
    assert np.mean(far > 1e-3) < 1e-2


def test_nothing_is_requested_from_another_host(page, address, tmp_path):
    drop_file(page, clip(tmp_path / "clip.webm", 12))
    computed(page)
    messages = [
        json.loads(entry["message"])["message"]
        for entry in page.get_log("performance")
    ]
    urls = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.endswith("/worker.js") for url in urls)
    host = urllib.parse.urlsplit(address).netloc
    for url in urls:
        assert url.startswith("blob:") or urllib.parse.urlsplit(url).netloc in (
            host,
            "",
        )
    # The browser refuses what the page would try.
    refused = run(
        page,
        """
        try { await fetch("http://localhost:9/"); return ""; }
        catch (error) { return String(error); }
        """,
    )
    assert "Failed to fetch" in refused


def test_a_seek_begins_there_and_in_the_end_all_is_as_in_python(
    page, model_file, tmp_path
):
    video = clip(tmp_path / "clip.webm", 200)
    drop_file(page, video)
    wait_for(page, "page.analysis?.whole.keyframes.length > 1")
    run(page, "page.player.pause(); page.player.seek(6.5);")
    wait_for(page, "page.analysis.later")
    wait_for(page, "page.analysis.keyframesAt(6.5)")
    first = run(page, "return [...page.analysis.later.keyframes.mixtures[0]];")
    fresh = list(rmdn_tf.load(model_file).stream(frames_from(video, 162)))
    np.testing.assert_allclose(
        np.reshape(first, (-1, 6)), fresh[0][1].parameters, rtol=0, atol=1e-3
    )
    mixtures = computed(page)
    expected = expected_mixtures(model_file, video)
    np.testing.assert_allclose(mixtures, expected, rtol=0, atol=1e-3)


def frames_from(path, number):
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
    return [f.to_ndarray(format="rgb24") for f in decoded[number : number + 1]]


def test_at_normal_speed_frames_on_the_screen_get_a_density(page, tmp_path):
    drop_file(page, clip(tmp_path / "clip.webm", 100))
    wait_for(page, "page.analysis")
    elements(page)("input[value=live]")[0].click()
    run(page, "await page.player.play();")
    wait_for(
        page, 'byId("speed").textContent.includes("of 10 frames a second")'
    )
    assert drawn_pixels(page) > 1000
    assert run(page, "return page.analysis.isPaused;")


def test_a_file_that_is_no_video_is_refused_in_plain_words(page, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("no video")
    drop_file(page, path)
    wait_for(page, '!byId("error").hidden')
    (error,) = elements(page)("#error-text")
    assert error.text.startswith("The browser cannot show this file.")
    assert elements(page)("#open")[0].is_displayed()


def test_a_network_that_cannot_be_downloaded_is_an_error(
    browser, site, tmp_path
):
    left_out = shutil.ignore_patterns("model.tflite")
    shutil.copytree(site / "some" / "try", tmp_path / "try", ignore=left_out)
    with served(tmp_path) as address:
        browser.get(f"{address}/try/index.html")
        drop_file(browser, clip(tmp_path / "clip.webm", 12))
        wait_for(browser, '!byId("error").hidden')
    (error,) = elements(browser)("#error-text")
    assert "'model.tflite' cannot be downloaded: the server answers 404" in (
        error.text
    )


def test_no_file_names_the_host_of_a_registry():
    lock = (browser_page.SOURCE / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    assert not re.search("https?:", lock)
    assert all(one["integrity"] for name, one in packages.items() if name)


def test_without_npm_the_documentation_says_what_it_lacks(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    reason = browser_page.build_or_reason(tmp_path / "try")
    assert reason == "npm is not installed"
    text = (browser_page.ROOT / "docs" / "browser.md").read_text()
    config = SimpleNamespace(extra={"browser_page_lacks": reason})
    page = SimpleNamespace(file=SimpleNamespace(src_uri="browser.md"))
    shown = browser_page.on_page_markdown(text, page, config, None)
    assert "lacks the page: npm is not installed" in shown
    assert "try/index.html" not in shown


@pytest.mark.slow
def test_a_real_clip_gives_the_mixtures_of_the_default_model(
    browser, real_data, tmp_path
):
    """Pixels are resized before: FFmpeg rounds one in a hundred otherwise."""
    place = tmp_path / "try"
    if reason := browser_page.build_or_reason(place):
        pytest.skip(f"The page cannot be built: {reason}.")
    source = real_data / "dhf1k" / "video" / "002.AVI"
    if not source.is_file():
        pytest.skip("needs video 002 of DHF1K")
    frames = []
    with av.open(str(source)) as container:
        for frame in itertools.islice(container.decode(video=0), 36):
            frames.append(frame.to_ndarray(format="rgb24"))
    small = resize_pixels(tf.constant(np.stack(frames)), (252, 448)).numpy()
    video = tmp_path / "002.webm"
    write_video(video, small, rate=30, **LOSSLESS)
    with served(tmp_path) as address:
        browser.get(f"{address}/try/index.html")
        drop_file(browser, video)
        mixtures = computed(browser)
    expected = expected_mixtures(place / "model.tflite", video)
    np.testing.assert_allclose(mixtures, expected, rtol=0, atol=1e-3)
