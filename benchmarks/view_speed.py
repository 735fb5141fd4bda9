"""Times the page of `rmdn view`: from the drop of a video to its overlay.

    python -m benchmarks.view_speed CLIP.mp4

Starts the server, opens the page in a headless Chromium, and drops the video on
it. Prints the seconds from the drop to the first frame with an overlay on the
screen, how long the video then plays while the network computes the rest, and
how many of its frames the browser drops.
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator

from tests.helpers.browser import chromium, drop_file, run_module

# Looks at the page until the video has played and all is computed.
_WATCH = """
const byId = (id) => document.getElementById(id);
const video = byId("video");
const found = { waits: 0 };
const note = (name, holds) => {
  if (holds && !(name in found)) {
    found[name] = (performance.now() - window.droppedAt) / 1000;
  }
};
video.addEventListener("pause", () => { found.waits += video.ended ? 0 : 1; });
const small = document.createElement("canvas").getContext(
  "2d", { willReadFrequently: true });
const isDrawn = () => {
  const overlay = byId("overlay");
  if (!overlay.width) return false;
  small.drawImage(overlay, 0, 0, 16, 16);
  return small.getImageData(0, 0, 16, 16).data.some((byte) => byte > 0);
};
while (!("played" in found && "computed" in found)) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (!("overlay" in found)) note("overlay", isDrawn());
  note("playing", video.currentTime > 0);
  note("played", video.ended);
  note("computed", byId("progress-text").textContent.startsWith("Computed"));
  if (!byId("error").hidden) throw byId("error-text").textContent;
}
const quality = video.getVideoPlaybackQuality();
return { ...found, duration: video.duration,
  dropped: quality.droppedVideoFrames, frames: quality.totalVideoFrames };
"""

_DROPPED_NOW = """
document.addEventListener("drop", () => {
  window.droppedAt = performance.now();
}, { capture: true });
"""


def main() -> None:
    """Prints the times of one video."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with _server() as address, chromium() as browser:
        browser.set_script_timeout(600)
        for _ in range(options.rounds):
            browser.get(address)
            browser.execute_script(_DROPPED_NOW)
            drop_file(browser, os.path.abspath(options.video))
            _report(run_module(browser, _WATCH))


def _report(found: dict[str, float]) -> None:
    took = found["played"] - found["playing"]
    print(
        f"overlay after {found['overlay']:.2f} s, all computed after "
        f"{found['computed']:.1f} s; {found['duration']:.1f} s of video played "
        f"in {took:.1f} s with {found['waits']:.0f} waits for the network; "
        f"{found['dropped']:.0f} of {found['frames']:.0f} frames dropped"
    )


@contextlib.contextmanager
def _server() -> Iterator[str]:
    """Runs `rmdn view`; gives the address of its page."""
    command = [sys.executable, "-m", "rmdn_tf.view", "--noopen"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            for line in server.stdout:
                address = re.search(r"http://\S+", line)
                if address:
                    yield address[0]
                    break
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
