"""Loads the models, and serves the page until a signal."""

import contextlib
import os
import socket
from collections.abc import Sequence

import numpy as np

from rmdn_tf.applications.areas.share_errors import read_share_errors
from rmdn_tf.applications.view.app import make_app
from rmdn_tf.applications.view.dataset import ShownDataset
from rmdn_tf.applications.view.guard import Guard, new_token
from rmdn_tf.applications.view.private_folder import private_folder
from rmdn_tf.applications.view.recording import packed
from rmdn_tf.applications.view.server import Server, address_of, announce
from rmdn_tf.applications.view.session import NamedModel, Session
from rmdn_tf.applications.view.settings import ServerSettings, ViewSettings
from rmdn_tf.prediction.attention_model import AttentionModel, load
from rmdn_tf.prediction.predicted_video import clips_at_once


def serve_session(
    given: ViewSettings,
    settings: ServerSettings,
    paths: Sequence[str],
    listener: socket.socket,
) -> None:
    """Serves the page of some videos.

    Args:
        given: what to show.
        settings: of the server.
        paths: files to list; the network starts on a single one.
        listener: where to listen.
    """
    named = {"model": given.model, "other_model": given.other_model}
    models = [
        NamedModel(
            id,
            os.path.basename(os.path.normpath(path)),
            _warm(path),
            read_share_errors(path),
        )
        for id, path in named.items()
        if path
    ]
    dataset = None
    if given.data_dir:
        dataset = ShownDataset(given.data_dir, given.split)
    token, port = new_token(), listener.getsockname()[1]
    url = address_of(listener, settings.host, token)
    with (
        private_folder() as folder,
        contextlib.closing(
            Session(folder, models, settings.limits, dataset)
        ) as session,
    ):
        session.add_files(paths)
        if len(paths) == 1:
            session.start(next(iter(session.videos.values())))
        app = Guard(make_app(session), settings.host, token, port)
        server = Server(app, lambda: announce(url, settings.open))
        server.run([listener])


def _warm(path: str) -> AttentionModel:
    """Loads a model and runs it, since the first run is seconds slower."""
    model = load(path)
    height, width = model.config.input_size
    blank = np.zeros((height, width, 3), np.uint8)
    number = clips_at_once(model.config.clip_stride)
    for _, density in model.stream(
        [blank] * (2 * number * model.config.clip_stride),
        clips_at_once=number,
    ):
        packed(0.0, density, False)
    return model
