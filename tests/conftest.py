"""Fixtures shared by the tests."""

import os
import pathlib

import pytest


@pytest.fixture(scope="session")
def real_data() -> pathlib.Path:
    """Returns the directory of real data, or skips the test."""
    repository = pathlib.Path(__file__).resolve().parents[1]
    default = repository.parent / "shared" / "data"
    path = pathlib.Path(os.environ.get("RMDN_REAL_DATA", default))
    if not path.is_dir():
        pytest.skip(
            f"No real data: '{path}' is not a directory. Set RMDN_REAL_DATA."
        )
    return path
