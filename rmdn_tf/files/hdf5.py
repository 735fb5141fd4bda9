"""Opens untrusted HDF5 files, and measures them before reading."""

import io
import math
from typing import Any

import h5py


def open_hdf5(content: bytes) -> h5py.File:
    """Opens an HDF5 file; raises `ValueError` for a soft or external link.

    Damaged content raises errors of several types.
    """
    root = h5py.File(io.BytesIO(content), "r")
    elsewhere = root.visititems_links(
        lambda name, link: None if isinstance(link, h5py.HardLink) else name
    )
    if elsewhere is not None:
        root.close()
        raise ValueError(f"a link to another place, '{elsewhere}'")
    return root


def datasets_of(root: h5py.Group) -> dict[str, h5py.Dataset]:
    """Finds all datasets below a group by name; reads no numbers."""
    found = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    root.visititems(visit)
    return found


def check_datasets(
    datasets: dict[str, h5py.Dataset], max_numbers: int, kinds: str = "biuf"
) -> None:
    """Refuses datasets that hold more than `max_numbers` numbers together.

    A few bytes of a file can stand for billions of equal numbers. HDF5 unpacks
    a chunk as a whole, even if only a part of it is used.

    Args:
        kinds: NumPy's letters for the accepted types.

    Raises:
        ValueError: too many numbers, another type, or numbers in another file.
    """
    total = 0
    for name, dataset in datasets.items():
        if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
            raise ValueError(f"'{name}', which is no array")
        if dataset.is_virtual or dataset.external:
            raise ValueError(f"'{name}', whose numbers are in another file")
        if dataset.dtype.kind not in kinds or dataset.dtype.itemsize > 8:
            raise ValueError(f"'{name}' of type {dataset.dtype}")
        total += max(math.prod(dataset.shape), math.prod(dataset.chunks or ()))
        if total > max_numbers:
            raise ValueError(
                f"'{name}' of shape {dataset.shape}: more than {max_numbers} "
                "numbers in all"
            )
