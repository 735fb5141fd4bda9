"""The page fits small windows, and everybody can read and use it."""

import numpy as np
import pytest

from rmdn_tf.video.lines import luminance
from tests.helpers.view_page import elements, run

pytestmark = pytest.mark.slow


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
