"""The notebooks of the documentation run, and show what a run gives."""

import json
import pathlib

import pytest

pytest.importorskip("ipykernel", reason="The extra 'notebook' is missing.")
pytest.importorskip("nbclient", reason="The extra 'dev' is missing.")

from tests.helpers.notebooks import FOLDER, executed

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MAX_BYTES = 500_000


def outputs(notebook: dict) -> list[list]:
    """Returns the kinds of what each cell shows: texts, tables, pictures."""
    return [
        [sorted(one.get("data", [one["output_type"]])) for one in shown]
        for shown in (cell.get("outputs", []) for cell in notebook["cells"])
    ]


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request) -> pathlib.Path:
    return request.param


def test_a_notebook_is_small(path):
    assert path.stat().st_size < MAX_BYTES


def test_the_cells_run_and_show_what_the_page_shows(path, tmp_path):
    shown = outputs(json.loads(path.read_text()))
    assert any(shown)
    assert outputs(executed(path, tmp_path)) == shown
