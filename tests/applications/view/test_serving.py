"""The server ends with a signal, and leaves nothing."""

import http.client
import os
import re
import signal
import subprocess
import sys

import pytest

pytest.importorskip("starlette", reason="needs the extra `view`")
pytest.importorskip("uvicorn", reason="needs the extra `view`")

from tests.helpers.made_videos import moving_square, write_video

pytestmark = pytest.mark.slow


def test_a_signal_ends_the_server_and_its_files_are_gone(saved_model, tmp_path):
    clip = write_video(tmp_path / "clip.avi", moving_square(9), codec="mpeg4")
    private = tmp_path / "private"
    private.mkdir()
    words = ["rmdn_tf.view", str(clip), "--noopen", "--model", str(saved_model)]
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        env={**os.environ, "TMPDIR": str(private)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "Loading the model ...\n"
        url = re.search(r"http://(\S+?)(/\S*)", process.stdout.readline())
        connection = http.client.HTTPConnection(url[1])
        connection.request("GET", url[2])
        assert connection.getresponse().status == 200
        connection.close()
        assert [*private.rglob("parameters")] or [*private.rglob("videos")]
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 143
    assert error.splitlines()[-1:] == ["Stopped by SIGTERM."]
    assert not [path for path in private.rglob("*") if path.is_file()]
    assert clip.exists()
