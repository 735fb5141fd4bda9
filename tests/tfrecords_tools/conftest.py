"""Raw datasets for the tests of the tools."""

import functools
import shutil

import pytest


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """Returns a function: a writer -> its folder, written once, to be read."""

    @functools.cache
    def once(write):
        return write(tmp_path_factory.mktemp("written") / "raw")

    return once


@pytest.fixture
def copy_of(written, tmp_path):
    """Returns a function: a writer -> a copy of its folder, to be changed."""

    def copied(write):
        return shutil.copytree(written(write), tmp_path / "raw")

    return copied
