"""Paths and messages without the credentials that they may hold.

A path may hold a password (`s3://KEY:SECRET@bucket`), a signature (`?sig=...`)
or both. Code that prints or stores a path calls `shown` first; for a library's
message about a path it calls `redacted`.
"""

import os
import re

HIDDEN = "***"

# Where a user without a password is a part of the address.
_NAMED_USERS = ("abfs", "abfss", "hdfs")
# Where a password may hold slashes, as the keys of AWS and Azure do.
_KEYS_WITH_SLASHES = ("s3", "gs", "az", "abfs", "abfss")

_URL = re.compile(r"([A-Za-z][A-Za-z0-9.+-]*)://([^\s'\"<>]+)")
_WHOLE = re.compile(r"([A-Za-z][A-Za-z0-9.+-]*)://(.+)", re.DOTALL)
_SETTING = re.compile(
    r"((?:AccountKey|SharedAccessSignature|sig|password|secret|"
    r"aws_(?:secret_access_key|session_token)|"
    r"X-(?:Amz|Goog)-(?:Credential|Security-Token|Signature))[\"']?\s*[=:]\s*"
    r"[\"']?)([^\s&;,'\"]+)",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(
    r"SECRET|TOKEN|PASSWORD|ACCOUNT_KEY|STORAGE_KEY|CONNECTION_STRING"
)
_NAME_OF_STORAGE = re.compile(r"AWS_|AZURE_|FSSPEC_|GOOGLE_|TF_AZURE_")
_MIN_SECRET = 8  # Shorter values also occur as words.


def shown(path: str | os.PathLike) -> str:
    """Returns a path as it may be printed: without password and query.

    A path of this machine stays as it is.

    Example:

    >>> shown("https://me:1234@host/a.json?sig=5678")
    'https://***@host/a.json?***'
    """
    path = os.fspath(path)
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    match = _WHOLE.fullmatch(path)
    return _without_credentials(match) if match else path


def redacted(text: str) -> str:
    """Returns a message without the credentials in it.

    Hides those of every URL, of settings such as `AccountKey=...`, and the
    secrets of the environment's variables for storage.
    """
    text = _URL.sub(_without_credentials, text)
    text = _SETTING.sub(rf"\g<1>{HIDDEN}", text)
    for name, value in os.environ.items():
        is_secret = _NAME_OF_STORAGE.match(name) and _SECRET_NAME.search(name)
        if is_secret and len(value) >= _MIN_SECRET:
            text = text.replace(value, HIDDEN)
    return text


def _without_credentials(match: re.Match) -> str:
    scheme, rest = match[1], match[2]
    rest = _user(scheme.lower()).sub(f"{HIDDEN}@", rest, count=1)
    address, mark, _ = rest.partition("?")
    return f"{scheme}://{address}{mark and '?' + HIDDEN}"


def _user(scheme: str) -> re.Pattern:
    """Returns the pattern of the user and password that begin an address."""
    user = r"[^/@?#]*:[^/@?#]*" if scheme in _NAMED_USERS else r"[^/@?#]*"
    if scheme in _KEYS_WITH_SLASHES:
        user = rf"[^/@:?#]+:[^@]*|{user}"
    return re.compile(rf"^(?:{user})@")
