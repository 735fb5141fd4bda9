"""Opens HDF5 files of strangers, and measures them before reading."""

import io
import math

import h5py


def open_hdf5(content: bytes) -> h5py.File:
    """Opens the content of an HDF5 file.

    Raises:
        ValueError: the file has a soft or external link.
        OSError and others: the file is damaged.
    """
    root = h5py.File(io.BytesIO(content), "r")
    elsewhere = root.visititems_links(
        lambda name, link: None if isinstance(link, h5py.HardLink) else name
    )
    if elsewhere is not None:
        root.close()
        raise ValueError(f"'{elsewhere}', which lies in another place")
    return root


def datasets_of(root: h5py.Group) -> dict[str, h5py.Dataset]:
    """Finds all datasets below a group by name; reads no number."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item

    root.visititems(visit)
    return found


def check_datasets(
    datasets: dict[str, h5py.Dataset], max_numbers: int, kinds: str = "biuf"
) -> None:
    """Refuses datasets that hold more numbers than a limit.

    A few bytes of a file can stand for billions of equal numbers. A chunk of a
    dataset is unpacked as a whole, even if only a part of it is used.

    Args:
        datasets: by name.
        max_numbers: limit for all datasets together.
        kinds: NumPy's letters for the accepted types.

    Raises:
        ValueError: there are too many numbers, or a dataset has another type or
            lies in another file.
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
