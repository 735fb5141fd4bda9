"""The API reference: every public name is typed and explained."""

import doctest
import logging
import pathlib
import re
from collections.abc import Iterator

import pytest
import yaml

griffe = pytest.importorskip("griffe")

ROOT = pathlib.Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "api").glob("*.md"))

_NAME = re.compile(r"^::: (\S+)\n((?: {4}.*\n)*)", re.M)
_TELLS_RESULT = ("Returns ", "Yields ")


@pytest.fixture(scope="module")
def modules():
    logging.getLogger("griffe").setLevel("ERROR")  # `mkdocs` shows warnings.
    loader = griffe.GriffeLoader(
        search_paths=[ROOT],
        allow_inspection=False,
        docstring_parser=griffe.Parser.google,
        docstring_options={
            "returns_multiple_items": False,
            "returns_named_value": False,
        },
    )
    for package in ("rmdn_tf", "tfrecords_tools"):
        loader.load(package)
    return loader.modules_collection


def shown(modules) -> Iterator:
    """Yields the functions and classes that the pages show."""
    for page in PAGES:
        for path, options in _NAME.findall(page.read_text(encoding="utf-8")):
            options = (yaml.safe_load(options) or {}).get("options", {})
            yield from with_members(modules[path], options.get("members"))


def with_members(one, names: list | None) -> Iterator:
    if one.is_module:
        for name in names:
            member = one.members[name]
            assert not member.is_alias, f"{member.path} is defined elsewhere"
            yield from with_members(member, None)
        return
    yield one
    if one.is_class:
        for name, member in one.members.items():
            is_public = not name.startswith("_") and member.docstring
            if is_public if names is None else name in names:
                yield member


def sections(one) -> dict:
    parsed = one.docstring.parsed if one.docstring else []
    return {section.kind.value: section.value for section in parsed}


def explained(one) -> set[str]:
    found = sections(one)
    named = [*found.get("parameters", []), *found.get("attributes", [])]
    names = {item.name.lstrip("*") for item in named}
    for base in one.resolved_bases if one.is_class else ():
        names |= explained(base)
    if one.is_class:  # The help of a flag explains a setting.
        names |= {
            name
            for name, field in one.members.items()
            if field.is_attribute and str(field.value).startswith("setting(")
        }
    return names


def parameters(one) -> list:
    return [
        parameter
        for parameter in one.parameters
        if parameter.name not in ("self", "cls") and parameter.name[0] != "_"
    ]


def has_result(function) -> bool:
    result = str(function.returns)
    return result not in ("None", "Iterator[None]")


def callables(modules) -> list:
    return [one for one in shown(modules) if one.is_function or one.is_class]


def test_every_shown_name_has_a_docstring(modules):
    missing = [one.path for one in shown(modules) if not one.docstring]
    assert missing == []


def test_every_parameter_is_explained(modules):
    missing = [
        f"{one.path}: {parameter.name}"
        for one in callables(modules)
        for parameter in parameters(one)
        if parameter.name.lstrip("*") not in explained(one)
    ]
    assert missing == []


def test_every_result_is_explained(modules):
    missing = [
        one.path
        for one in callables(modules)
        if one.is_function and has_result(one)
        if not {"returns", "yields"} & sections(one).keys()
        and not one.docstring.value.startswith(_TELLS_RESULT)
    ]
    assert missing == []


def test_no_description_of_a_result_is_taken_for_its_type(modules):
    wrong = [
        f"{one.path}: {result.annotation}"
        for one in callables(modules)
        for result in sections(one).get("returns", ())
        if str(result.annotation) != str(one.returns)
    ]
    assert wrong == []


def test_every_parameter_and_result_is_typed(modules):
    missing = [
        f"{one.path}: {parameter.name}"
        for one in callables(modules)
        for parameter in parameters(one)
        if parameter.annotation is None
    ]
    missing += [
        one.path
        for one in callables(modules)
        if one.is_function and one.returns is None
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_of_a_page_is_right(page):
    """`test_documentation` runs those that print nothing."""
    text = page.read_text(encoding="utf-8")
    (example,) = re.findall(r"\A# .*?```py\w*\n(.*?)```", text, re.S)
    if not example.startswith(">>>"):
        compile(example, str(page), "exec")
    failed, _ = doctest.testfile(str(page), module_relative=False)
    assert not failed
