"""Runs the notebooks of the documentation.

    python -m tests.helpers.notebooks

writes the outputs of every cell into them, for the pages of the documentation.
"""

import pathlib
import tempfile

import nbformat
from nbclient import NotebookClient

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs/notebooks"


def executed(path: pathlib.Path, folder: str | pathlib.Path):
    """Returns a notebook with the outputs of a run in a folder.

    Raises `nbclient.exceptions.CellExecutionError` if a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=300,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )
    client.execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/jpeg" in data:  # A tenth of the PNG's size.
                data.pop("image/png", None)
    return notebook


if __name__ == "__main__":
    for file in sorted(FOLDER.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as working:
            nbformat.write(executed(file, working), file)
