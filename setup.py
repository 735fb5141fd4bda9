"""Builds the package; pyproject.toml describes it.

Only the long description is made here: README.md, whose relative links become
links to the repository, so that they work on the page of the package.
"""

import pathlib
import re
import tomllib

from setuptools import setup

PROJECT = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8"))
REPOSITORY = PROJECT["project"]["urls"]["Repository"]

# A path in `[text](path)`, `[name]: path` or `src="path"`, but no URL and no
# `#place` of the page.
RELATIVE = re.compile(
    r'(\]\(|^\[[^\]]+\]: |(?:src|href)=")(?![a-z]+:|#)([^)"\s]+)', re.MULTILINE
)


def absolute(link: re.Match) -> str:
    """Makes a link absolute: to the file of a picture, or to a page."""
    suffix = pathlib.PurePath(link[2]).suffix
    is_picture = suffix in (".gif", ".jpg", ".png", ".svg", ".webp")
    view = "raw" if is_picture else "blob"
    return f"{link[1]}{REPOSITORY}/{view}/main/{link[2]}"


README = pathlib.Path("README.md").read_text(encoding="utf-8")

setup(
    long_description=RELATIVE.sub(absolute, README),
    long_description_content_type="text/markdown",
)
