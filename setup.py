"""Gives the package README.md, its relative links as links to the repository.

All else stands in pyproject.toml.
"""

import pathlib
import re
import tomllib

from setuptools import setup

PROJECT = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8"))
REPOSITORY = PROJECT["project"]["urls"]["Repository"]

# A path in `[text](path)`, `[name]: path` or `src="path"`. A site's address and
# a `#place` of the page stay.
RELATIVE = re.compile(
    r'(\]\(|^\[[^\]]+\]: |(?:src|href)=")(?![a-z]+:|#)([^)"\s]+)', re.MULTILINE
)


def absolute(link: re.Match) -> str:
    """Returns a link to the repository: to a picture's file, or to a page."""
    suffix = pathlib.PurePath(link[2]).suffix
    is_picture = suffix in (".gif", ".jpg", ".png", ".svg", ".webp")
    view = "raw" if is_picture else "blob"
    return f"{link[1]}{REPOSITORY}/{view}/main/{link[2]}"


setup(
    long_description=RELATIVE.sub(
        absolute, pathlib.Path("README.md").read_text(encoding="utf-8")
    ),
    long_description_content_type="text/markdown",
)
