"""Tells the commit of this source, where it is a checkout of Git."""

import os
import subprocess


def git_commit() -> str | None:
    """Returns the commit of this source, with "-dirty" if changed since.

    Returns None for an installed package.
    """
    here = os.path.dirname(__file__)
    try:
        # `ls-files` fails for an installed copy inside another repository.
        for command in (
            ("ls-files", "--error-unmatch", os.path.basename(__file__)),
            ("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"),
        ):
            done = subprocess.run(
                ["git", "-C", here, *command],
                capture_output=True,
                text=True,
                check=True,
                timeout=10,
            )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
