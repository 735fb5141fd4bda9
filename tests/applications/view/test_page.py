"""The page in a real browser: a person drops a video, and looks at it."""

import itertools

import av
import numpy as np
import pytest
from PIL import Image

from rmdn_tf.prediction.area import rectangle
from tests.helpers.browser import drop_file
from tests.helpers.made_videos import moving_square, write_video
from tests.helpers.view_page import (
    KNOWN,
    RATE,
    corners,
    draw,
    drawn_pixels,
    elements,
    run,
    shares,
    wait_for,
)

pytestmark = pytest.mark.slow


def density_at(model, clip, seconds, rate=RATE):
    streamed = model.stream(str(clip), interpolate=True)
    return [density for _, density in streamed][int(seconds * rate)]


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


def test_escape_ends_a_rectangle_that_is_being_dragged(page):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    elements(page)("#draw-rectangle")[0].click()
    (surface,) = elements(page)("#shapes")
    actions = ActionChains(page, duration=10).move_to_element(surface)
    actions.click_and_hold().move_by_offset(40, 30)
    actions.send_keys(Keys.ESCAPE).release().perform()
    assert not corners(page)
    assert elements(page)("#draw-help")[0].text == ""


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
    (help,) = elements(page)("#timeline-help")
    assert "Page Up a tenth of the video forward" in help.text
    slider.send_keys(Keys.HOME)
    wait_for(page, 'byId("clock").textContent.startsWith("0:00.0")')
    slider.send_keys(Keys.ARROW_RIGHT)
    wait_for(page, 'byId("clock").textContent.startsWith("0:01.0")')
    slider.send_keys(Keys.SHIFT, Keys.ARROW_RIGHT)
    wait_for(page, 'byId("clock").textContent.startsWith("0:01.1")')
    said = slider.get_attribute("aria-valuetext")
    assert "of the frame" in said
    assert slider.get_attribute("aria-valuenow") == "1.10"
    slider.send_keys(Keys.PAGE_UP)
    wait_for(page, 'byId("video").currentTime > 1.3')
    slider.send_keys(Keys.PAGE_DOWN)
    wait_for(page, 'byId("video").currentTime < 1.2')


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


def test_the_crop_is_outlined_where_the_server_puts_it(page):
    from selenium.webdriver.support.ui import Select

    aspect = Select(elements(page)("#aspect")[0])
    aspect.select_by_value("9:16")
    wait_for(page, '!byId("crop-preview").hidden')
    code = """
    const { videos } = await (await fetch("api/state")).json();
    const { id } = videos.findLast(({ state }) => state === "done");
    const path = `api/videos/${id}/crop?model=model&aspect=9:16`;
    const { times, boxes } = await (await fetch(path)).json();
    const n = times.findLastIndex((time) => time < 1.2001);
    const line = document.querySelector("#shapes .crop").getAttribute("d");
    return [boxes[n], line.match(/[\\d.e-]+/g).map(Number)];
    """
    (left, top, width, height), line = run(page, code)
    assert width == pytest.approx(96 * 9 / 16 / 128, abs=0.02)
    expected = rectangle(left, top, left + width, top + height)
    np.testing.assert_allclose(np.reshape(line, (4, 2)), expected, atol=1e-6)
    aspect.select_by_value("")
    assert not elements(page)("#crop-preview")[0].is_displayed()


def test_the_crop_is_that_of_the_model_that_is_shown(page):
    from selenium.webdriver.support.ui import Select

    aspect = Select(elements(page)("#aspect")[0])
    aspect.select_by_value("9:16")
    wait_for(page, '!byId("crop-preview").hidden')
    other = Select(elements(page)("#compare-with")[0])
    other.select_by_value("other_model")
    elements(page)("input[name=how][value=second]")[0].click()
    wait_for(
        page,
        'performance.getEntriesByType("resource").some(({ name }) => '
        'name.includes("crop?model=other_model"))',
    )
    wait_for(page, '!byId("crop-preview").hidden')
    aspect.select_by_value("")
    elements(page)("input[name=how][value=both]")[0].click()
    other.select_by_value("")


def test_next_cut_goes_on_where_times_of_frames_are_rounded(browser, tmp_path):
    # 24 frames a second: a third of a microsecond is rounded.
    shots = [np.full((8, 96, 128, 3), 40 + 160 * (n % 2)) for n in range(7)]
    frames = np.concatenate(shots).astype(np.uint8)
    clip = write_video(tmp_path / "cuts.mp4", frames, rate=24)
    browser.refresh()
    wait_for(browser, 'byId("limits").textContent !== ""')
    drop_file(browser, clip)
    wait_for(browser, 'byId("progress-text").textContent.startsWith("Comp")')
    wait_for(browser, '!byId("video").paused || byId("video").ended')
    run(browser, 'byId("video").pause(); byId("video").currentTime = 0;')
    wait_for(browser, 'byId("clock").textContent.startsWith("0:00.0")')
    for _ in range(6):
        before = run(browser, 'return byId("clock").textContent;')
        elements(browser)("#cut-on")[0].click()
        wait_for(browser, f'byId("clock").textContent !== "{before}"', 5)


def test_a_real_video_gets_the_share_of_an_area(
    browser, model, real_data, tmp_path
):
    with av.open(str(real_data / "dhf1k" / "video" / "002.AVI")) as container:
        decoded = itertools.islice(container.decode(video=0), 45)
        frames = [frame.to_ndarray(format="rgb24") for frame in decoded]
    clip = write_video(tmp_path / "002.mp4", frames, rate=30)
    browser.refresh()
    wait_for(browser, 'byId("limits").textContent !== ""')
    drop_file(browser, clip)
    wait_for(browser, 'byId("progress-text").textContent.startsWith("Comp")')
    run(browser, 'byId("video").pause(); byId("video").currentTime = 1.11;')
    wait_for(browser, 'byId("clock").textContent.startsWith("0:01.1")')
    wait_for(browser, KNOWN)
    assert drawn_pixels(browser) > 1000
    elements(browser)("#draw-rectangle")[0].click()
    draw(browser, (0.3, 0.3), (0.7, 0.8))
    (area,) = corners(browser)
    expected = density_at(model, clip, 1.11, rate=30).mass(area)
    assert shares(browser) == [pytest.approx(expected, abs=0.01)]


def test_a_picture_fills_its_place_below_the_overlay(browser, tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(moving_square(1, height=600, width=1600)[0]).save(path)
    browser.refresh()
    wait_for(browser, 'byId("limits").textContent !== ""')
    drop_file(browser, path)
    wait_for(browser, 'byId("progress-text").textContent.startsWith("Comp")')
    wait_for(browser, KNOWN)
    assert drawn_pixels(browser) > 1000
    sizes = [elements(browser)(name)[0].rect for name in ("#picture", "#stage")]
    assert sizes[0] == sizes[1]
    assert not elements(browser)("#play")[0].is_displayed()
    hints = [one.text for one in elements(browser)("#downloads small")]
    assert hints[0] == "the picture with the drawing"
    assert not [hint for hint in hints if "video" in hint or "each" in hint]
