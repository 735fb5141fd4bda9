"""A server of the page with a tiny network, and a browser that looks at it."""

import contextlib
import threading

import pytest

from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.prediction.attention_model import AttentionModel
from tests.helpers.browser import chromium, drop_file
from tests.helpers.made_videos import moving_square, write_video
from tests.helpers.view_page import KNOWN, NUM_FRAMES, RATE, run, wait_for


@pytest.fixture(scope="session")
def model(tiny_spatial_model):
    network = KerasNetwork(build_rmdn(tiny_spatial_model))
    return AttentionModel(network, tiny_spatial_model)


@pytest.fixture(scope="session")
def address(model, tmp_path_factory):
    """The address of a running server, with its token."""
    pytest.importorskip("starlette", reason="needs the extra `view`")
    uvicorn = pytest.importorskip("uvicorn", reason="needs the extra `view`")
    from rmdn_tf.applications.view.app import make_app
    from rmdn_tf.applications.view.guard import Guard
    from rmdn_tf.applications.view.server import listen
    from rmdn_tf.applications.view.session import NamedModel, Session
    from rmdn_tf.applications.view.settings import Limits

    folder = tmp_path_factory.mktemp("view")
    models = [
        NamedModel("model", "tiny", model),
        NamedModel("other_model", "other", model),
    ]
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    with contextlib.closing(
        Session(folder, models, Limits(10**8, 60.0))
    ) as session:
        app = Guard(make_app(session), "127.0.0.1", "secret", port)
        config = uvicorn.Config(app, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{port}/?token=secret"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def browser(address):
    with chromium() as browser:
        browser.get(address)
        yield browser


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    frames = moving_square(NUM_FRAMES, height=96, width=128)
    return write_video(path, frames, rate=RATE)


@pytest.fixture
def page(browser, clip):
    """The page with a dropped video at 1.2 seconds, computed, without areas."""
    if run(browser, 'return byId("video-name").textContent;') != clip.name:
        browser.refresh()
        wait_for(browser, 'byId("limits").textContent !== ""')
        drop_file(browser, clip)
        wait_for(
            browser, 'byId("progress-text").textContent.startsWith("Comp")'
        )
    run(
        browser,
        """
        const buttons = document.querySelectorAll("#areas button");
        buttons.forEach((one) => one.click());
        document.querySelector("input[value=heat]").click();
        byId("video").pause();
        """,
    )
    # A seek of an earlier test may end after the first of these.
    wait_for(
        browser,
        """
        (() => {
          const isThere = byId("clock").textContent.startsWith("0:01.2");
          const video = byId("video");
          if (!isThere && !video.seeking) video.currentTime = 1.25;
          return isThere;
        })()
        """.strip(),
    )
    wait_for(browser, KNOWN)
    return browser


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The session of a server whose network is a formula, and a client."""
    pytest.importorskip("starlette", reason="needs the extra `view`")
    pytest.importorskip("uvicorn", reason="needs the extra `view`")
    from tests.helpers.view_server import running_server

    with running_server(tmp_path_factory.mktemp("private")) as both:
        yield both


@pytest.fixture
def client(served):
    """The client; the server has no videos before and after."""
    session, client = served
    yield client
    for video in [*session.videos.values()]:
        session.remove(video)
