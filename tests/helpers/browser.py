"""A headless Chromium that tests drive, as Debian installs it."""

import contextlib
import functools
import http.server
import os
import pathlib
import shutil
import threading
from collections.abc import Iterator

import pytest

from rmdn_tf.applications import view

# The files of the page of `rmdn view`.
PAGE = pathlib.Path(view.__file__).parent / "page"


@contextlib.contextmanager
def chromium(width: int = 1280, height: int = 900) -> Iterator:
    """Starts Chromium with a window of a size; ends it at the end.

    Skips the test where Chromium, its driver or selenium is missing.
    """
    webdriver = pytest.importorskip(
        "selenium.webdriver", reason="needs selenium, of the extra `dev`"
    )
    program, driver = map(shutil.which, ("chromium", "chromedriver"))
    if not (program and driver):
        pytest.skip("needs Debian's packages chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",  # Root may not have one.
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        f"--window-size={width},{height}",
    ):
        options.add_argument(argument)
    logs = {"browser": "ALL", "performance": "ALL"}
    options.set_capability("goog:loggingPrefs", logs)
    service = webdriver.ChromeService(driver)
    browser = webdriver.Chrome(options=options, service=service)
    try:
        browser.set_script_timeout(30)
        yield browser
    finally:
        browser.quit()


@contextlib.contextmanager
def served(directory: os.PathLike) -> Iterator[str]:
    """Serves the files of a directory; gives their address."""
    handler = functools.partial(_QuietHandler, directory=os.fspath(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def run_module(browser, code: str, *arguments):
    """Runs the body of an async function that may import; gives its result.

    The script finds the arguments in the array `given`. Its error is raised.
    """
    done, value = browser.execute_async_script(
        f"""
        const given = [...arguments];
        const done = given.pop();
        (async () => {{ {code} }})().then(
            (value) => done([true, value]),
            (error) => done([false, String(error.stack ?? error)]));
        """,
        *arguments,
    )
    if not done:
        raise AssertionError(value)
    return value


def drop_file(browser, path) -> None:
    """Drops a file on the page, as a person does."""
    field = browser.execute_script(
        """
        const field = document.createElement("input");
        field.type = "file";
        field.id = "dropped";
        document.body.append(field);
        return field;
        """
    )
    field.send_keys(str(path))
    browser.execute_script(
        """
        const [field] = arguments;
        const files = new DataTransfer();
        files.items.add(field.files[0]);
        field.remove();
        document.body.dispatchEvent(new DragEvent("drop", {
          bubbles: true, cancelable: true, dataTransfer: files,
        }));
        """,
        field,
    )
