"""Reads the bodies of requests, bounded in size and time.

A large body goes to the disk piece by piece.
"""

import asyncio
import contextlib
import json
import pathlib
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import ClientDisconnect, Request

from rmdn_tf.applications.view.guard import Refused

MAX_JSON = 2**18

# Longest wait for the next piece of a body; least bytes a second, after some
# seconds of grace. A few slow requests could hold all places.
_WAIT_SECONDS, _LEAST_RATE, _GRACE_SECONDS = 15.0, 20_000, 10.0

# How long the body of a refused request is read.
_DRAIN_SECONDS = 2.0

# Bytes that are collected before they are written.
_BUFFER = 2**20


def announced_length(request: Request, most: int) -> int:
    """Returns the length of a body, from its header.

    Raises:
        Refused: the length is missing, invalid or above `most`.
    """
    text = request.headers.get("content-length", "")
    if "transfer-encoding" in request.headers or not text:
        raise Refused(411, "Missing header `Content-Length`.")
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise Refused(400, "Invalid header `Content-Length`.")
    length = int(text)
    if length > most:
        raise Refused(
            413, f"Too large: at most {most:,} bytes. Received: {length:,}."
        )
    if not length:
        raise Refused(400, "Empty file.")
    return length


async def pieces_of(request: Request, length: int) -> AsyncIterator[bytes]:
    """Yields a body of a known length piece by piece.

    Raises:
        Refused: it is cut short, longer, or comes too slowly.
    """
    begin, received = time.monotonic(), 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                piece = await anext(stream, None)
        except TimeoutError:
            raise Refused(408, "The body comes too slowly.") from None
        except ClientDisconnect:
            raise Refused(400, "The body is cut short.") from None
        if piece is None:
            break
        received += len(piece)
        late = time.monotonic() - begin - _GRACE_SECONDS
        if late > 0 and received < late * _LEAST_RATE:
            raise Refused(408, "The body comes too slowly.")
        if received > length:
            raise Refused(400, "The body is longer than announced.")
        yield piece
    if received < length:
        raise Refused(400, "The body is cut short.")


async def drain(request: Request) -> None:
    """Reads the body of a refused request for a moment.

    A browser that is still sending would not show the answer.
    """
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in request.stream():
                pass


async def store(request: Request, length: int, path: pathlib.Path) -> None:
    """Writes a body to a new file.

    Raises:
        Refused: see `pieces_of`.
        OSError: the disk is full.
    """
    with open(path, "xb", buffering=_BUFFER) as file:
        async for piece in pieces_of(request, length):
            file.write(piece)


async def read_json(request: Request) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        Refused: the body is something else, or too large.
    """
    length = announced_length(request, MAX_JSON)
    content = b"".join([piece async for piece in pieces_of(request, length)])
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused(400, "Invalid JSON.") from None
    if not isinstance(document, dict):
        raise Refused(400, "Invalid JSON. Expected an object.")
    return document
