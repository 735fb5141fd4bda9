"""The folder of this user for what can be made again at any time."""

import os
import sys

FOLDER = "rmdn-tf"


def user_cache() -> str:
    """Returns this package's folder in the user's cache; it may be missing.

    The variable XDG_CACHE_HOME names another place for the caches of all
    programs.
    """
    given = os.environ.get("XDG_CACHE_HOME")
    if given and os.path.isabs(given):
        return os.path.join(given, FOLDER)
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        is_mac = sys.platform == "darwin"
        place = "~/Library/Caches" if is_mac else "~/.cache"
    return os.path.join(os.path.expanduser(place), FOLDER)
