"""The page in a real browser: a person drops a video, and looks at it."""

import contextlib
import threading
import time

import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="needs the extra `view`")

import uvicorn
from rmdn_tf.applications.view.app import make_app
from rmdn_tf.applications.view.guard import Guard
from rmdn_tf.applications.view.server import listen
from rmdn_tf.applications.view.session import NamedModel, Session
from rmdn_tf.applications.view.settings import Limits

from rmdn_tf.model.clip_stream import KerasNetwork
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.prediction.area import rectangle
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.video.lines import luminance
from tests.helpers.browser import chromium, drop_file, run_module
from tests.helpers.made_videos import moving_square, write_video

pytestmark = pytest.mark.slow

RATE, NUM_FRAMES = 10, 30

BY_ID = "const byId = (id) => document.getElementById(id);\n"


@pytest.fixture(scope="module")
def model(tiny_spatial_model):
    network = KerasNetwork(build_rmdn(tiny_spatial_model))
    return AttentionModel(network, tiny_spatial_model)


@pytest.fixture(scope="module")
def address(model, tmp_path_factory):
    """The address of a running server, with its token."""
    folder = tmp_path_factory.mktemp("view")
    models = [NamedModel("model", "tiny", model)]
    limits = Limits(10**8, 60.0)
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    with contextlib.closing(Session(folder, models, limits)) as session:
        app = Guard(make_app(session), "127.0.0.1", "secret", port)
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{port}/?token=secret"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser(address):
    with chromium() as browser:
        browser.get(address)
        yield browser


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    frames = moving_square(NUM_FRAMES, height=96, width=128)
    return write_video(path, frames, rate=RATE)


@pytest.fixture
def page(browser, clip):
    """The page after a video was dropped on it, paused, all computed."""
    browser.refresh()
    wait_for(browser, 'byId("limits").textContent !== ""')
    drop_file(browser, clip)
    wait_for(browser, 'byId("progress-text").textContent.startsWith("Comp")')
    wait_for(browser, 'byId("video").duration > 0')
    run(browser, 'byId("video").pause(); byId("video").currentTime = 1.25;')
    wait_for(browser, '!byId("video").seeking')
    wait_for(browser, 'byId("clock").textContent.startsWith("0:01.2")')
    return browser


def run(browser, code, *arguments):
    return run_module(browser, BY_ID + code, *arguments)


def wait_for(browser, condition, seconds=20):
    """Waits until a condition holds, a term of JavaScript."""
    end = time.monotonic() + seconds
    while not run(browser, f"return Boolean({condition});"):
        assert time.monotonic() < end, f"{condition}; the page says: " + run(
            browser, "return document.body.innerText;"
        )
        time.sleep(0.05)


def elements(browser):
    from selenium.webdriver.common.by import By

    return lambda selector: browser.find_elements(By.CSS_SELECTOR, selector)


def draw(browser, *places, closes=False):
    """Presses, moves or clicks the mouse at places of the video."""
    from selenium.webdriver.common.action_chains import ActionChains

    (surface,) = elements(browser)("#shapes")
    width, height = surface.size["width"], surface.size["height"]
    actions = ActionChains(browser, duration=10)
    for number, (x, y) in enumerate(places):
        offset = round((x - 0.5) * width), round((y - 0.5) * height)
        actions.move_to_element_with_offset(surface, *offset)
        if closes:
            actions.click()
        elif number == 0:
            actions.click_and_hold()
    (actions if closes else actions.release()).perform()


def shares(browser):
    """The shares that the page shows, from 0 to 1."""
    texts = [one.text for one in elements(browser)("#areas .share")]
    return [float(text.split()[0]) / 100 for text in texts]


def corners(browser):
    """The corners of each area, as the page has them."""
    polygons = elements(browser)("#shapes polygon.area")
    return [
        np.array(
            [pair.split(",") for pair in one.get_attribute("points").split()],
            float,
        )
        for one in polygons
    ]


def density_at(model, clip, seconds):
    streamed = model.stream(str(clip), interpolate=True)
    return [density for _, density in streamed][int(seconds * RATE)]


def drawn_pixels(browser):
    """How many pixels of the overlay are not transparent."""
    return run(
        browser,
        """
        const canvas = byId("overlay");
        const { data } = canvas.getContext("2d").getImageData(
          0, 0, canvas.width, canvas.height);
        return data.filter((byte, n) => n % 4 === 3 && byte > 0).length;
        """,
    )


def test_a_dropped_video_gets_an_overlay_and_the_share_of_an_area(
    page, model, clip
):
    assert drawn_pixels(page) > 1000
    elements(page)("#draw-rectangle")[0].click()
    draw(page, (0.25, 0.2), (0.7, 0.65))
    (area,) = corners(page)
    np.testing.assert_allclose(
        area[[0, 2]], [[0.25, 0.2], [0.7, 0.65]], atol=0.01
    )
    expected = density_at(model, clip, 1.25).mass(area)
    assert 0.05 < expected < 0.95
    assert shares(page) == [pytest.approx(expected, abs=0.01)]


def test_a_polygon_is_drawn_by_clicks(page, model, clip):
    from selenium.webdriver.common.keys import Keys

    elements(page)("#draw-polygon")[0].click()
    places = [(0.2, 0.9), (0.5, 0.1), (0.9, 0.9)]
    draw(page, *places, closes=True)
    elements(page)("#draw-polygon")[0].send_keys(Keys.ENTER)
    (area,) = corners(page)
    np.testing.assert_allclose(area, places, atol=0.01)
    expected = density_at(model, clip, 1.25).mass(area)
    assert shares(page) == [pytest.approx(expected, abs=0.01)]


def test_an_area_is_made_named_and_removed_by_keyboard(page, model, clip):
    from selenium.webdriver.common.keys import Keys

    elements(page)("#add-area")[0].send_keys(Keys.ENTER)
    left, top, right, bottom = elements(page)("#areas input[type=number]")
    assert page.switch_to.active_element == left
    for field, value in ((left, "10"), (bottom, "60")):
        field.clear()
        field.send_keys(value, Keys.TAB)
    (name,) = elements(page)("#areas input[type=text]")
    name.send_keys(Keys.CONTROL, "a")
    name.send_keys("Logo")
    expected = density_at(model, clip, 1.25).mass(
        rectangle(0.1, 0.25, 0.75, 0.6)
    )
    assert shares(page) == [pytest.approx(expected, abs=0.01)]
    wait_for(page, 'byId("legend").textContent.endsWith("Logo")')
    (remove,) = elements(page)("#areas button")
    assert remove.get_attribute("aria-label") == "Delete Logo"
    remove.send_keys(Keys.ENTER)
    assert not elements(page)("#areas li")
    assert page.switch_to.active_element.get_attribute("id") == "draw-rectangle"


def test_numbers_that_make_no_area_are_refused(page):
    from selenium.webdriver.common.keys import Keys

    elements(page)("#add-area")[0].send_keys(Keys.ENTER)
    left, _, right, _ = elements(page)("#areas input[type=number]")
    before = corners(page)
    for value in ("75", "", "101"):
        left.clear()
        left.send_keys(value, Keys.TAB)
        assert run(page, "return given[0].matches(':invalid');", left), value
        np.testing.assert_array_equal(corners(page), before)


def test_each_style_draws_something_else(page):
    numbers = {}
    for style in ("heat", "contours", "ellipses", "none"):
        elements(page)(f"input[value={style}]")[0].click()
        numbers[style] = drawn_pixels(page)
    assert numbers["none"] == 0
    assert len(set(numbers.values())) == 4
    assert numbers["heat"] > numbers["contours"] > 100


def test_keys_move_the_slider_of_time(page):
    from selenium.webdriver.common.keys import Keys

    (slider,) = elements(page)("[role=slider]")
    slider.send_keys(Keys.HOME)
    wait_for(page, 'byId("clock").textContent.startsWith("0:00.0")')
    slider.send_keys(Keys.ARROW_RIGHT)
    wait_for(page, 'byId("clock").textContent.startsWith("0:01.0")')
    slider.send_keys(Keys.SHIFT, Keys.ARROW_RIGHT)
    wait_for(page, 'byId("clock").textContent.startsWith("0:01.1")')
    said = slider.get_attribute("aria-valuetext")
    assert "of the frame" in said
    assert slider.get_attribute("aria-valuenow") == "1.10"


def test_a_file_that_is_no_video_is_refused_in_plain_english(browser, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("no video")
    browser.refresh()
    wait_for(browser, 'byId("limits").textContent !== ""')
    drop_file(browser, path)
    wait_for(browser, '!byId("error").hidden')
    (error,) = elements(browser)("[role=alert]")
    assert "Not a video or picture" in error.text
    assert elements(browser)("#open")[0].is_displayed()


@pytest.mark.parametrize("width", [360, 1600])
def test_the_page_fits_its_window(page, width):
    elements(page)("#add-area")[0].click()
    size = {"width": width, "height": 900, "deviceScaleFactor": 1}
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {**size, "mobile": False}
    )
    try:
        assert (
            run(page, "return document.documentElement.scrollWidth;") == width
        )
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_all_controls_have_names(page):
    elements(page)("#add-area")[0].click()
    unnamed = run(
        page,
        """
        const controls = document.querySelectorAll(
          "button, input, select, progress, [role=slider], canvas[role]");
        return [...controls].filter((one) => one.offsetParent
          && !one.textContent.trim() && !one.labels?.length
          && !one.getAttribute("aria-label")
          && !one.getAttribute("aria-labelledby")).map((one) => one.outerHTML);
        """,
    )
    assert unnamed == []


# Pairs of colours in `style.css`: text, and what it is written on.
TEXTS = [
    ("text", "ground"),
    ("text", "surface"),
    ("quiet", "ground"),
    ("quiet", "surface"),
    ("quiet", "sunken"),
    ("accent", "surface"),
    ("on-accent", "accent"),
    ("wrong", "wrong-ground"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_contrast_with_their_ground(browser, theme):
    feature = {"name": "prefers-color-scheme", "value": theme}
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [feature]}
    )
    code = """
    const style = getComputedStyle(document.documentElement);
    const canvas = document.createElement("canvas").getContext("2d");
    return given[0].map((pair) => pair.map((name) => {
      canvas.fillStyle = style.getPropertyValue(`--${name}`).trim();
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    }));
    """
    for names, pair in zip(TEXTS, run(browser, code, TEXTS), strict=True):
        dark, light = sorted(luminance(np.array(pair)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, names


def test_nothing_went_wrong_in_the_browser(browser):
    messages = [
        entry["message"]
        for entry in browser.get_log("browser")
        # Of the refused file; of this test, which reads pixels.
        if "status of 400" not in entry["message"]
        and "willReadFrequently" not in entry["message"]
    ]
    assert messages == []
