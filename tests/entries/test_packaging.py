"""What a package index shows, and what is installed at exact versions."""

import itertools
import pathlib
import re
import runpy
import tomllib

import pytest
import setuptools
from markdown_it import MarkdownIt
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import rmdn_tf

ROOT = pathlib.Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

PAGE = """
[A page](docs/a.md#there), [a place](#here), [a site](https://example.org).
[![A picture](docs/images/a.png)](docs/b.md)
<img src="docs/images/c.gif">

[reference]: docs/c.md
"""


def long_description(monkeypatch, folder) -> str:
    told = {}
    monkeypatch.setattr(setuptools, "setup", lambda **words: told.update(words))
    monkeypatch.chdir(folder)
    runpy.run_path(str(ROOT / "setup.py"))
    return told["long_description"]


def links_of(text: str) -> list[str]:
    """Returns the addresses of all links and pictures of a page."""
    found, tokens = [], MarkdownIt().parse(text)
    while tokens:
        token = tokens.pop()
        tokens += token.children or []
        found += filter(None, map(token.attrGet, ("href", "src")))
        if token.type in ("html_block", "html_inline"):
            found += re.findall(r'(?:src|href)="([^"]+)"', token.content)
    return found


def test_links_become_those_of_the_repository(monkeypatch, tmp_path):
    (tmp_path / "README.md").write_text(PAGE)
    (tmp_path / "pyproject.toml").write_text(
        '[project.urls]\nRepository = "https://host/us/it"\n'
    )
    text = long_description(monkeypatch, tmp_path)
    assert "[A page](https://host/us/it/blob/main/docs/a.md#there)" in text
    assert "[a place](#here), [a site](https://example.org)" in text
    assert (
        "[![A picture](https://host/us/it/raw/main/docs/images/a.png)]"
        "(https://host/us/it/blob/main/docs/b.md)"
    ) in text
    assert '<img src="https://host/us/it/raw/main/docs/images/c.gif">' in text
    assert "[reference]: https://host/us/it/blob/main/docs/c.md" in text


def test_each_link_of_the_package_s_page_leads_to_a_file(monkeypatch):
    links = links_of(long_description(monkeypatch, ROOT))
    relative = [one for one in links if "://" not in one and one[0] != "#"]
    assert not relative
    repository = PROJECT["urls"]["Repository"]
    ours = [one.split("#")[0] for one in links if one.startswith(repository)]
    paths = [one.split("/main/")[1] for one in ours if "/main/" in one]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    ("name", "python", "left_out"),
    [
        ("requirements.txt", "3.11", ()),
        ("requirements-newest.txt", "3.13", ("beam", "tensorflow-io")),
    ],
)
def test_exact_versions_are_those_that_the_package_asks_for(
    name, python, left_out
):
    lines = (ROOT / name).read_text("utf-8").splitlines()
    pinned = dict(
        line.removesuffix(" \\").split("==") for line in lines if "==" in line
    )
    extras = PROJECT["optional-dependencies"]
    asked = [PROJECT["dependencies"]]
    asked += [extras[one] for one in extras if one not in left_out]
    for line in itertools.chain(*asked):
        one = Requirement(line)
        if one.marker and not one.marker.evaluate({"python_version": python}):
            continue
        assert one.specifier.contains(pinned[canonicalize_name(one.name)]), one
    assert sum("--hash=sha256:" in line for line in lines) >= len(pinned)


def test_all_files_tell_one_version():
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"version: {rmdn_tf.__version__}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert rmdn_tf.__version__ in changes
