"""Imports go one way, along the data; the rules are those of the design."""

import ast
import graphlib
import pathlib

import import_table
import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    name: set(may.split()) for name, may in import_table.MAY_IMPORT.items()
}
PACKAGES = ("rmdn_tf", "tfrecords_tools")
OURS = (*PACKAGES, "train_tf")


def find_modules():
    """Returns the path of every module of ours, by its name."""
    paths = [REPOSITORY / "train_tf.py"]
    for package in PACKAGES:
        paths += sorted((REPOSITORY / package).rglob("*.py"))
    modules = {}
    for path in paths:
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        modules[".".join(parts)] = path
    return modules


MODULES = find_modules()
TREES = {
    name: ast.parse(path.read_text(encoding="utf-8"))
    for name, path in MODULES.items()
}


def imported(tree, modules=frozenset(MODULES)):
    """Returns the names that a module imports, inside of functions too.

    `from package import module` counts as that module, where it is one.
    """
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                is_module = full in modules or node.module == "absl"
                names.add(full if is_module else node.module)
    return names


def ours(names):
    return {name for name in names if name.split(".")[0] in OURS}


def of_package(package):
    return [name for name in MODULES if name.split(".")[0] == package]


def test_the_table_names_the_modules_that_there_are():
    assert MAY_IMPORT.keys() == MODULES.keys()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_the_table_allows(name):
    assert ours(imported(TREES[name])) <= MAY_IMPORT.get(name, set())


def test_the_table_allows_only_what_stands_above():
    above = set()
    for name, may in MAY_IMPORT.items():
        assert may <= above, name
        above.add(name)


def test_the_imports_form_no_circle():
    graph = {name: ours(imported(tree)) for name, tree in TREES.items()}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_absolute(name):
    relative = [
        node.lineno
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert relative == []


@pytest.mark.parametrize("name", MODULES)
def test_no_module_hides_an_import_from_this_test(name):
    called = {
        node.id
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Name) and node.id == "__import__"
    }
    assert not called
    assert "importlib" not in imported(TREES[name])


@pytest.mark.parametrize("name", of_package("tfrecords_tools"))
def test_the_tools_know_only_what_is_on_disk(name):
    of_model = {n for n in imported(TREES[name]) if n.startswith("rmdn_tf")}
    assert of_model <= {
        "rmdn_tf.records",
        "rmdn_tf.json_files",
        "rmdn_tf.record_lengths",
        "rmdn_tf.record_parsing",
        "rmdn_tf.dataset_schema",
        "rmdn_tf.file_systems",
        "rmdn_tf.foreign_files",
        "rmdn_tf.hdf5_files",
        "rmdn_tf.picture_checks",
        "rmdn_tf.locks",
        "rmdn_tf.published_files",
        "rmdn_tf.video_clock",
        "rmdn_tf.safe_names",
        "rmdn_tf.video_file",
    }


@pytest.mark.parametrize("name", of_package("rmdn_tf"))
def test_the_model_knows_neither_tools_nor_entry_nor_flags(name):
    for other in imported(TREES[name]):
        assert other.split(".")[0] not in ("tfrecords_tools", "train_tf")
        assert other != "absl" and not other.startswith("absl.flags")


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is(name):
    docstring = ast.get_docstring(TREES[name])
    assert docstring and docstring.splitlines()[0].strip()


def test_the_walker_sees_every_way_to_import():
    source = """
import os, rmdn_tf.model
from rmdn_tf import losses, __doc__ as text
from rmdn_tf.records import SPEC
from absl import flags
def late():
    import tfrecords_tools.gaze as gaze
    from tfrecords_tools.sources import demo
"""
    assert imported(ast.parse(source)) == {
        "os",
        "rmdn_tf",
        "rmdn_tf.model",
        "rmdn_tf.losses",
        "rmdn_tf.records",
        "absl.flags",
        "tfrecords_tools.gaze",
        "tfrecords_tools.sources.demo",
    }
