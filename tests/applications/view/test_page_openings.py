"""The page opens, leaves and changes videos at any moment."""

import os

import pytest
from PIL import Image

from tests.helpers.browser import drop_file
from tests.helpers.made_videos import moving_square, write_lossless, write_video
from tests.helpers.view_page import (
    KNOWN,
    RATE,
    draw,
    drawn_pixels,
    elements,
    run,
    wait_for,
)

pytestmark = pytest.mark.slow

COMPUTED = 'byId("progress-text").textContent.startsWith("Comp")'


@pytest.fixture
def opening(browser):
    """The page that offers to open a video; no other video is left."""
    browser.refresh()
    wait_for(browser, 'byId("limits").textContent !== ""')
    run(
        browser,
        """
        const { videos } = await (await fetch("api/state")).json();
        for (const { id } of videos) {
          await fetch(`api/videos/${id}`, { method: "DELETE" });
        }
        """,
    )
    browser.get_log("browser")
    yield browser
    messages = [entry["message"] for entry in browser.get_log("browser")]
    assert [m for m in messages if "willReadFrequently" not in m] == []


NUM_VIDEOS = '(await (await fetch("api/state")).json()).videos.length'


def error_of(browser):
    return run(
        browser,
        'return byId("error").hidden ? "" : byId("error-text").textContent;',
    )


# Lets `window.changed` change what the server says of a video.
ANSWERS = """
const ask = window.fetch;
window.fetch = async (path, ...more) => {
  const answer = await ask(path, ...more);
  if (!/^api.videos.[^/]+$/.test(path) || more[0]?.method) return answer;
  return Response.json(window.changed(await answer.json()));
};
"""


def test_a_video_starts_when_its_playable_copy_comes_after_the_densities(
    opening, tmp_path
):
    clip = write_lossless(
        tmp_path / "clip.mkv", moving_square(30, height=48, width=64), rate=RATE
    )
    run(
        opening,
        ANSWERS
        + """
        window.changed = (video) => {
          if (!window.isCopyReady) video.playable.state = "running";
          return video;
        };
        """,
    )
    drop_file(opening, clip)
    wait_for(opening, KNOWN)
    wait_for(opening, COMPUTED)
    assert run(opening, 'return byId("video").readyState;') == 0
    run(opening, "window.isCopyReady = true;")
    wait_for(opening, 'byId("video").currentTime > 0.5', 8)


def test_a_video_that_waits_is_not_said_to_wait_for_a_video(browser):
    code = """
    const { Progress } = await import("/page/progress.js");
    new Progress().showVideo({ state: "waiting", densities: {} });
    return byId("progress-text").textContent;
    """
    # The work before it may be a file to download.
    assert run(browser, code) == "Waiting until the server ends other work"


def test_a_cancelled_touch_leaves_no_rectangle(page):
    elements(page)("#draw-rectangle")[0].click()
    code = """
    const { left, top } = byId("shapes").getBoundingClientRect();
    const touch = (name, x, y, isPrimary = true) =>
      byId("shapes").dispatchEvent(new PointerEvent(name, {
        pointerId: isPrimary ? 1 : 2, isPrimary, bubbles: true,
        clientX: left + x, clientY: top + y, pointerType: "touch",
      }));
    byId("shapes").setPointerCapture = () => {};
    touch("pointerdown", 20, 20);
    touch("pointermove", 90, 80);
    const count = () => document.querySelectorAll("#shapes .area").length;
    const before = count();
    touch("pointerup", 90, 80, false);  // Another finger.
    const between = document.querySelectorAll("#areas li").length;
    touch("pointercancel", 90, 80);
    touch("pointermove", 95, 85);
    delete byId("shapes").setPointerCapture;
    return [before, between, count()];
    """
    assert run(page, code) == [1, 0, 0]
    draw(page, (0.2, 0.2), (0.6, 0.6))
    assert len(elements(page)("#areas li")) == 1


def test_the_last_of_two_videos_that_are_dropped_at_once_is_shown(
    opening, clip, tmp_path
):
    other = tmp_path / "other.mp4"
    other.write_bytes(clip.read_bytes())
    drop_file(opening, clip)
    drop_file(opening, other)
    wait_for(opening, COMPUTED)
    wait_for(opening, f"{NUM_VIDEOS} === 1")
    assert elements(opening)("#video-name")[0].text == "other.mp4"
    assert error_of(opening) == ""


def test_a_video_that_is_left_at_once_does_not_come_back(opening, clip):
    run(
        opening,
        """
        const { send } = XMLHttpRequest.prototype;
        window.numSent = 0;
        XMLHttpRequest.prototype.send = function (...body) {
          this.addEventListener("loadend", () => { window.numSent += 1; });
          send.apply(this, body);
        };
        """,
    )
    drop_file(opening, clip)
    elements(opening)("#open-another")[0].click()
    wait_for(opening, "window.numSent === 1")
    wait_for(opening, f"{NUM_VIDEOS} === 0")
    run(opening, "await new Promise((go) => setTimeout(go, 400));")
    assert elements(opening)("#open")[0].is_displayed()
    assert run(opening, 'return byId("progress-text").textContent;') == ""
    assert error_of(opening) == ""


def test_leaving_a_video_while_a_file_is_made_is_no_error(opening, clip):
    drop_file(opening, clip)
    wait_for(opening, '!byId("download-maps").disabled')
    run(
        opening,
        """
        const ask = window.fetch;
        window.fetch = async (...given) => {
          const answer = await ask(...given);
          if (String(given[0]).endsWith("/files")) window.isAsked = true;
          return answer;
        };
        byId("download-maps").click();
        """,
    )
    wait_for(opening, "window.isAsked")
    elements(opening)("#open-another")[0].click()
    run(opening, "await new Promise((go) => setTimeout(go, 700));")
    assert error_of(opening) == ""
    drop_file(opening, clip)
    wait_for(opening, '!byId("download-maps").disabled')


def test_a_dropped_folder_is_told_from_a_video(opening, tmp_path):
    drag = {
        "x": 300,
        "y": 300,
        "data": {
            "items": [],
            "files": [str(tmp_path)],
            "dragOperationsMask": 1,
        },
    }
    for kind in ("dragEnter", "dragOver", "drop"):
        opening.execute_cdp_cmd(
            "Input.dispatchDragEvent", {"type": kind, **drag}
        )
    wait_for(opening, '!byId("error").hidden')
    assert error_of(opening).startswith("This is a folder. Drop one video")


def test_an_animated_picture_is_played_as_a_video(opening, tmp_path):
    path = tmp_path / "moving.gif"
    first, *others = map(
        Image.fromarray, moving_square(20, height=48, width=64)
    )
    first.save(path, save_all=True, append_images=others, duration=100)
    drop_file(opening, path)
    wait_for(opening, 'byId("video").currentTime > 0.5')
    assert elements(opening)("#play")[0].is_displayed()
    assert not elements(opening)("#picture")[0].is_displayed()


def test_a_video_plays_on_where_the_network_has_failed(opening, clip):
    run(
        opening,
        ANSWERS
        + """
        window.changed = (video) => ({
          ...video, state: "failed", error: "The disk is full.",
        });
        const failing = window.fetch;
        window.fetch = async (path, ...more) => {
          const answer = await failing(path, ...more);
          if (!String(path).includes("/densities/")) return answer;
          await new Promise((go) => setTimeout(go, 900));
          const content = await answer.arrayBuffer();
          new DataView(content).setUint16(6, 0);  // Not the last.
          return new Response(content);
        };
        """,
    )
    drop_file(opening, clip)
    wait_for(opening, KNOWN)
    run(opening, 'byId("video").playbackRate = 4;')
    wait_for(opening, 'byId("video").ended', 8)
    assert error_of(opening) == "The disk is full."


def test_a_video_of_a_single_frame_is_shown(opening, tmp_path):
    clip = write_video(tmp_path / "one.mp4", moving_square(1), rate=RATE)
    drop_file(opening, clip)
    wait_for(opening, KNOWN)
    wait_for(opening, COMPUTED)
    assert drawn_pixels(opening) > 1000
    assert elements(opening)("#progress-text")[0].text == "Computed: 1 frame"
    for name in ("frame-on", "cut-on", "frame-back", "cut-back", "play"):
        elements(opening)(f"#{name}")[0].click()
    assert error_of(opening) == ""


def test_a_file_that_is_too_large_is_not_sent(opening, tmp_path):
    path = tmp_path / "large.mp4"
    path.touch()
    os.truncate(path, 10**8 + 1)
    drop_file(opening, path)
    wait_for(opening, '!byId("error").hidden')
    expected = "The file has 100.0\u00a0MB, and the server takes at most"
    assert error_of(opening) == f"{expected} 100.0\u00a0MB."


def test_the_speed_on_the_page_is_that_of_the_next_video(opening, clip):
    from selenium.webdriver.support.ui import Select

    drop_file(opening, clip)
    wait_for(opening, 'byId("video").duration > 0')
    Select(elements(opening)("#rate")[0]).select_by_value("2")
    drop_file(opening, clip)
    wait_for(opening, 'byId("video").duration > 0')
    assert run(opening, 'return byId("video").playbackRate;') == 2


def test_leaving_a_video_while_the_crop_is_computed_is_no_error(opening, clip):
    drop_file(opening, clip)
    wait_for(opening, '!byId("download-maps").disabled')
    code = """
    const ask = window.fetch;
    const wait = () => new Promise((go) => setTimeout(go, 300));
    window.fetch = async (path, ...more) => {
      if (path.includes("/crop?")) await wait();
      return ask(path, ...more);
    };
    byId("aspect").value = "1:1";
    byId("aspect").dispatchEvent(new Event("change"));
    byId("open-another").click();
    await wait();
    await wait();
    """
    run(opening, code)
    assert error_of(opening) == ""


def test_enter_says_what_a_polygon_of_two_corners_lacks(page):
    from selenium.webdriver.common.keys import Keys

    (button,) = elements(page)("#draw-polygon")
    button.click()
    draw(page, (0.2, 0.2), (0.6, 0.2), closes=True)
    button.send_keys(Keys.ENTER)
    (help,) = elements(page)("#draw-help")
    assert help.text.startswith("An area needs a width and a height.")
    draw(page, (0.6, 0.8), closes=True)
    button.send_keys(Keys.ENTER)
    assert len(elements(page)("#areas li")) == 1


def test_an_empty_file_is_not_sent(opening, tmp_path):
    (tmp_path / "empty.mp4").touch()
    drop_file(opening, tmp_path / "empty.mp4")
    wait_for(opening, '!byId("error").hidden')
    assert error_of(opening) == "The file is empty."
