"""Safe names of files, and names that are the same text."""

import contextlib
import hashlib
import os
import pathlib
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

# Bytes. Callers add prefixes and suffixes; file systems accept 255 bytes.
MAX_LENGTH = 100

_DIGEST_LENGTH = 32
_MARK = "~"

_SAFE_ID = re.compile(r"[a-z0-9_][a-z0-9_-]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LETTERS_OF_PLOTS = re.compile("[ -~\u00a0-\u024f\u0370-\u04ff]*")
# Names of devices on Windows.
_RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")

_OUTSIDE = re.compile(r"[/\\:\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_LOCAL_URL = re.compile(r"file:(?://(?:localhost)?(?=/))?", re.IGNORECASE)

Paths = str | os.PathLike | Sequence[str | os.PathLike] | None


def file_name(text: str) -> str:
    """Makes the name of a file or folder from any text, such as a video's id.

    A text of lower-case letters, digits, "_" and "-" is its own name. In any
    other text, each run of other characters becomes "_", a long text is cut,
    and "~" and a digest of the whole text follow. Upper-case letters stay, but
    also need the digest: many file systems do not tell "A" from "a".

    Returns:
        At most `MAX_LENGTH` ASCII characters; different texts have different
        names, even if case is ignored.

    Example:

    >>> file_name("lift_01")
    'lift_01'
    >>> file_name("Lift/01")
    'Lift_01~a10c2788d6f4ed14208fd8dfb5e5d440'
    """
    is_safe = _SAFE_ID.fullmatch(text) and not _RESERVED.fullmatch(text)
    if is_safe and len(text) <= MAX_LENGTH:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    readable = _UNSAFE.sub("_", text)[: MAX_LENGTH - _DIGEST_LENGTH - 1]
    return f"{readable.lstrip('-') or '_'}{_MARK}{digest[:_DIGEST_LENGTH]}"


def composed(name: str) -> str:
    """Returns a name in the form in which names are compared.

    An accented letter may be one character or two: "e" and an accent, as macOS
    stores it. Here it becomes one (Unicode's NFC). A name that the file system
    gave in a locale other than UTF-8 is decoded; bytes that are not UTF-8 stay
    surrogates.
    """
    if name.isascii():
        return name
    with contextlib.suppress(UnicodeError):
        name = os.fsencode(name).decode()
    return unicodedata.normalize("NFC", name)


def short_title(text: str, most: int = 28) -> str:
    """Returns an id as the title of a small picture, short.

    Plots have Latin, Greek and Cyrillic letters. They lack those of many other
    languages: such an id becomes a `file_name`. A long title would cover its
    neighbours.
    """
    text = composed(text)
    shown = text if _LETTERS_OF_PLOTS.fullmatch(text) else file_name(text)
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def path_inside(
    directory: str | os.PathLike, name: object, origin: str | os.PathLike
) -> str:
    """Joins a directory and a file's name that was read from the file `origin`.

    Raises:
        ValueError: the name is not a text, is empty, leads out of the directory
            ("..", "/", "\\", a drive), or has control characters.
    """
    if (
        not isinstance(name, str)
        or name in ("", ".", "..")
        or _OUTSIDE.search(name)
    ):
        raise ValueError(
            f"Invalid name of a file in '{os.fspath(origin)}'. Expected the "
            "name of a file in the same directory, without '/', '\\', ':' and "
            f"control characters. Received: {name!r}."
        )
    return os.path.join(os.fspath(directory), name)


def refuse_overwriting(
    inputs: Mapping[str, Paths], outputs: Mapping[str, Paths]
) -> None:
    """Makes sure that no output of a command replaces one of its inputs.

    Call it before opening anything. Follows symbolic and hard links. Both
    arguments map the command's flags to paths or addresses.

    Raises:
        ValueError: an output is an input, or an existing file in an input
            directory; or an output is, or lies in, another output.
    """
    written = list(_named_paths(outputs))
    for number, (option, path) in enumerate(written):
        for other, read in _named_paths(inputs):
            if _is_same(path, read):
                refuse(option, path, f"which is the input of {other}")
            if os.path.isfile(path) and _lies_in(path, read):
                refuse(option, path, f"a file in the input of {other}")
        for other, beside in written[:number] + written[number + 1 :]:
            if _is_same(path, beside) or _lies_in(path, beside):
                refuse(option, path, f"which lies in the output of {other}")


def _named_paths(paths: Mapping[str, Paths]) -> Iterator[tuple[str, str]]:
    """Yields every path with its flag."""
    for option, given in paths.items():
        if isinstance(given, str | os.PathLike):
            given = [given]
        for path in given or ():
            if path:
                yield option, _LOCAL_URL.sub("", os.fspath(path), count=1)


def _is_same(one: str, other: str) -> bool:
    if _SCHEME.match(one) or _SCHEME.match(other):
        return _normal_address(one) == _normal_address(other)
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):  # One of them does not exist.
        return os.path.realpath(one) == os.path.realpath(other)


def _lies_in(path: str, directory: str) -> bool:
    """Tells if a local path lies below another; both may be missing."""
    if _SCHEME.match(path) or _SCHEME.match(directory):
        return False
    parents = pathlib.Path(os.path.realpath(path)).parents
    return any(_is_same(str(parent), directory) for parent in parents)


def _normal_address(path: str) -> str:
    scheme, _, rest = path.rpartition("://")
    return f"{scheme.lower()}://{posixpath.normpath(rest)}"


def refuse(option: str, path: str, what: str) -> NoReturn:
    """Refuses the path of an output; `what` follows it in the message."""
    raise ValueError(
        f"Invalid {option}. Expected a path that the command does not read or "
        f"write otherwise. Received: '{path}', {what}. Choose another path."
    )
