"""What a person does on the page of `rmdn view`, and what the page says."""

import time

import numpy as np

from tests.helpers.browser import run_module

# Of the clip that the tests show.
RATE, NUM_FRAMES = 10, 30

BY_ID = "const byId = (id) => document.getElementById(id);\n"


# Whether the density on the screen is known, a term of JavaScript.
KNOWN = 'byId("reading").textContent.includes("of the frame")'


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
