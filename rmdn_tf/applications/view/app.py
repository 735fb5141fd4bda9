"""Answers the requests of the page; `api.md` describes them."""

import asyncio
import importlib.resources
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from rmdn_tf.applications.view.bodies import (
    announced_length,
    drain,
    read_json,
    store,
)
from rmdn_tf.applications.view.downloads import request_file
from rmdn_tf.applications.view.guard import Refused
from rmdn_tf.applications.view.measures import crop_of, parse_areas, shares_of
from rmdn_tf.applications.view.people import fixations_of
from rmdn_tf.applications.view.session import Full, NotReady, Session
from rmdn_tf.applications.view.shown_video import DiskError, ShownVideo
from rmdn_tf.applications.view.tasks import DONE

# Longest wait for new densities, and how often to look for them.
_POLL_SECONDS, _STEP_SECONDS = 10.0, 0.05

_MAX_NAME = 200

# Uploads at once; others wait for their turn.
_MAX_UPLOADS = 2

_PAGE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*\.(html|css|js|svg|png|woff2)")

# The table of the system may be wrong.
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
}


def make_app(session: Session) -> Starlette:
    """Makes the application that answers the page.

    Args:
        session: the videos.
    """
    answers = _Answers(session)
    video = "/api/videos/{video}"
    routes = [
        Route("/", answers.page),
        Route("/page/{name}", answers.page),
        Route("/api/state", answers.state),
        Route("/api/videos", answers.upload, methods=["POST"]),
        Route(video, answers.video),
        Route(video, answers.remove, methods=["DELETE"]),
        Route(f"{video}/start", answers.start, methods=["POST"]),
        Route(f"{video}/playable", answers.playable),
        Route(f"{video}/densities/{{model}}", answers.densities),
        Route(f"{video}/fixations", answers.fixations),
        Route(f"{video}/crop", answers.crop),
        Route(f"{video}/areas", answers.areas, methods=["POST"]),
        Route(f"{video}/files", answers.make_file, methods=["POST"]),
        Route(f"{video}/files/{{file}}", answers.file),
    ]
    handlers: dict[Any, Callable] = {
        Refused: lambda _, error: _error(error, error.status),
        Full: lambda _, error: _error(error, 413),
        NotReady: lambda _, error: _error(error, 409),
        ValueError: lambda _, error: _error(error, 400),
        HTTPException: lambda _, error: _error(error.detail, error.status_code),
        OSError: lambda _, error: _disk_error(error),
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _error(error: Any, status: int) -> JSONResponse:
    headers = {} if status in (404, 405, 409) else {"Connection": "close"}
    return JSONResponse({"error": str(error)}, status, headers)


def _disk_error(error: OSError) -> JSONResponse:
    shown = error if isinstance(error, DiskError) else DiskError(error)
    return _error(shown, 507 if shown.is_full else 500)


class _Answers:
    """One method for each kind of request."""

    def __init__(self, session: Session):
        self._session = session
        self._uploads = asyncio.Semaphore(_MAX_UPLOADS)

    async def page(self, request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if not _PAGE.fullmatch(name):
            raise Refused(404, "No such file.")
        folder = importlib.resources.files("rmdn_tf.applications.view")
        file = folder.joinpath("page", name)
        if not file.is_file():
            raise Refused(404, "No such file.")
        kind = _TYPES[name.rpartition(".")[2]]
        return Response(file.read_bytes(), media_type=kind)

    async def state(self, request: Request) -> Response:
        return JSONResponse(self._session.state())

    async def upload(self, request: Request) -> Response:
        async with self._uploads:
            try:
                length = announced_length(
                    request, self._session.limits.num_bytes
                )
                name = _display_name(request.headers.get("x-name", ""))
                video, path = self._session.begin_upload(name, length)
            except ValueError:
                await drain(request)
                raise
            try:
                with video.plain_errors():
                    await store(request, length, path)
                    await run_in_threadpool(self._session.finish_upload, video)
            except BaseException:
                self._session.remove(video)
                raise
        return JSONResponse(video.to_json(), 201)

    async def video(self, request: Request) -> Response:
        return JSONResponse(self._video(request).to_json())

    async def start(self, request: Request) -> Response:
        video = self._video(request)
        await run_in_threadpool(self._session.start, video)
        return JSONResponse(video.to_json(), 202)

    async def remove(self, request: Request) -> Response:
        video = self._video(request)
        await run_in_threadpool(self._session.remove, video)
        return Response(status_code=204)

    async def playable(self, request: Request) -> Response:
        playable = self._video(request).playable
        if playable.state != DONE or playable.path is None:
            raise NotReady(playable.error or "The video is not encoded yet.")
        return FileResponse(playable.path, media_type=playable.media_type)

    async def densities(self, request: Request) -> Response:
        video = self._video(request)
        model = self._model(video, request.path_params["model"])
        first = _number(request.query_params.get("from", "0"))
        run = video.runs[model]
        for _ in range(math.ceil(_POLL_SECONDS / _STEP_SECONDS)):
            recording = run.recording
            if recording and (len(recording) > first or recording.is_complete):
                break
            if run.error or video.folder is None:
                raise NotReady(
                    run.error or "The video was closed in another tab."
                )
            await asyncio.sleep(_STEP_SECONDS)
        content = run.recording.answer(first) if run.recording else b""
        return Response(content, media_type="application/octet-stream")

    async def fixations(self, request: Request) -> Response:
        video = self._video(request)
        if video.gaze is None:
            raise Refused(404, "No fixations of this video.")
        return JSONResponse(await run_in_threadpool(fixations_of, video.gaze))

    async def crop(self, request: Request) -> Response:
        video = self._video(request)
        model = self._model(video, request.query_params.get("model", "model"))
        aspect = request.query_params.get("aspect", "9:16")
        recording = self._session.recording_of(video, model)
        found = await run_in_threadpool(
            crop_of, video.opened.facts, recording, aspect
        )
        return JSONResponse(found)

    async def areas(self, request: Request) -> Response:
        video = self._video(request)
        document = await read_json(request)
        model = self._model(video, document.get("model", "model"))
        recording = self._session.recording_of(video, model)
        areas = parse_areas(document.get("areas"))
        found = await run_in_threadpool(shares_of, recording, areas)
        return JSONResponse(found)

    async def make_file(self, request: Request) -> Response:
        video = self._video(request)
        document = await read_json(request)
        model = self._model(video, document.get("model", "model"))
        recording = self._session.recording_of(video, model)
        file = request_file(self._session, video, model, recording, document)
        return JSONResponse(file.to_json(), 202)

    async def file(self, request: Request) -> Response:
        video = self._video(request)
        file = video.files.get(request.path_params["file"])
        if file is None:
            raise Refused(404, "No such file.")
        if file.state != DONE or file.path is None:
            raise NotReady(file.error or "The file is not complete yet.")
        return FileResponse(file.path, filename=file.name)

    def _video(self, request: Request) -> ShownVideo:
        video = self._session.videos.get(request.path_params["video"])
        if video is None:
            raise Refused(404, "No such video.")
        return video

    def _model(self, video: ShownVideo, model: Any) -> str:
        if not isinstance(model, str) or model not in video.runs:
            raise Refused(404, "No such model.")
        return model


def _display_name(text: str) -> str:
    """Returns the last part of a name, for display only."""
    try:
        name = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Refused(400, "Invalid header `X-Name`. Expected UTF-8.") from None
    name = re.split(r"[/\\]", name)[-1].strip()
    if not name.isprintable() or not 0 < len(name) <= _MAX_NAME:
        raise Refused(
            400, f"Invalid header `X-Name`. Expected 1 to {_MAX_NAME} letters."
        )
    return name


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Refused(400, "Invalid `from`. Expected a number.")
    return int(text)
