"""Finds which array of a weight file belongs to which layer of C3D.

The names of C3D's layers decide where a file has them. Otherwise order and
shapes do: eight kernels of 3x3x3. The first takes three channels; each of the
others takes as many as the one before it gives. Where shapes allow several
orders, the numbers in the names decide (`features.16.weight` before
`features.18.weight`). Without such numbers nothing is guessed: it is an error.
"""

import collections
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rmdn_tf.files.arrays import list_shapes

CONVOLUTIONS = "conv1a conv2a conv3a conv3b conv4a conv4b conv5a conv5b".split()
DENSE = ["fc6", "fc7"]
# Names of layers in other projects and here -> our names.
LAYERS = {name: name for name in CONVOLUTIONS + DENSE} | {
    "conv1": "conv1a",
    "conv2": "conv2a",
    "fc6-1": "fc6",
    "fc7-1": "fc7",
}

# Ends of the names of batch normalization's averages.
_AVERAGES = ("running_mean", "running_var", "moving_mean", "moving_variance")


def find_layers(arrays: Mapping[str, Any]) -> dict[str, str]:
    """Returns our names, `conv1a/kernel`, ... -> the file's names of arrays.

    Missing layers are left out, unless no layer is found by its name.

    Args:
        arrays: anything with `shape`, by names whose parts are separated by
            "/" or ".".

    Raises:
        ValueError: two arrays are named as one, or no array is named as a layer
            and the order of the kernels is unknown.
    """
    arrays = {n: array for n, array in arrays.items() if not _is_beside(n)}
    normalized = [name for name in arrays if name.endswith(_AVERAGES)]
    if normalized:
        raise ValueError(
            f"batch normalization, which C3D lacks, in '{normalized[0]}'"
        )
    found = _by_name(arrays)
    if any(key.startswith("conv") for key in found):
        return found
    return _convolutions_by_order(arrays) | (found or _dense_by_order(arrays))


def _parts(name: str) -> list[str]:
    return re.split("[/.]", name)


def _is_beside(name: str) -> bool:
    """Tells whether an array belongs to an optimizer."""
    return any(part.lower().startswith("optim") for part in _parts(name))


def _by_name(arrays) -> dict[str, str]:
    """Finds layers by their names; an array of one axis is the bias."""
    found: dict[str, str] = {}
    for name, array in arrays.items():
        layers = {LAYERS[part] for part in _parts(name) if part in LAYERS}
        if not layers:
            continue
        role = "bias" if len(array.shape) == 1 else "kernel"
        key = f"{layers.pop()}/{role}"
        if layers or key in found:
            raise ValueError(
                f"more than one array for '{key}': '{found.get(key, name)}', "
                f"'{name}'"
            )
        found[key] = name
    return found


def _convolutions_by_order(arrays) -> dict[str, str]:
    kernels = {
        name: channels
        for name, array in arrays.items()
        if (channels := _channels(array.shape))
    }
    if len(kernels) != len(CONVOLUTIONS):
        raise ValueError(
            f"{len(kernels)} kernels of 3x3x3, not {len(CONVOLUTIONS)}, and no "
            f"layer that is named as C3D's; found: {list_shapes(arrays)}"
        )
    return _with_biases(CONVOLUTIONS, _order_of(kernels, arrays), arrays)


def _with_biases(layers: list[str], kernels: list[str], arrays):
    """Names the kernels, and the biases found beside them, by their layers."""
    found = {}
    for layer, kernel in zip(layers, kernels, strict=False):
        found[f"{layer}/kernel"] = kernel
        bias = _bias_of(kernel, arrays)
        if bias is not None:
            found[f"{layer}/bias"] = bias
    return found


def _channels(shape) -> tuple[int, int] | None:
    """Returns (in, out) of a kernel of 3x3x3 in either order of the axes."""
    if len(shape) != 5:
        return None
    if tuple(shape[2:]) == (3, 3, 3):
        return shape[1], shape[0]
    return tuple(shape[3:]) if tuple(shape[:3]) == (3, 3, 3) else None


def _order_of(kernels: dict, arrays) -> list[str]:
    """Puts kernels in the order of the layers."""
    by_number = sorted(kernels, key=_natural)
    orders = [*_orders(by_number, kernels)]  # Those by number come first.
    if len(orders) == 1:
        return orders[0]
    shapes = {tuple(kernels[name] for name in order) for order in orders}
    problem = None
    if len(shapes) != 1 and by_number not in orders:
        problem = "kernels that do not take what the one before them gives"
    elif len({_without_numbers(name) for name in _alike(kernels)}) > 1:
        problem = "kernels of one shape, and names without numbers"
    if problem:
        raise ValueError(
            f"{problem}: their order is unknown; found: {list_shapes(arrays)}"
        )
    return by_number if by_number in orders else orders[0]


def _alike(kernels: dict) -> list[str]:
    """Names the kernels that share their shape with another one."""
    counts = collections.Counter(kernels.values())
    return [name for name in kernels if counts[kernels[name]] > 1]


def _orders(names: list[str], kernels, before: int = 3) -> Iterator[list[str]]:
    """Yields the orders in which each kernel takes what the last one gives."""
    if not names:
        yield []
    for at, name in enumerate(names):
        takes, gives = kernels[name]
        if takes == before:
            rest = names[:at] + names[at + 1 :]
            for order in _orders(rest, kernels, gives):
                yield [name, *order]


def _bias_of(kernel: str, arrays) -> str | None:
    """Finds the bias of a kernel: in its group, of its number or the next."""
    shape = arrays[kernel].shape
    widths = {(shape[0],), (shape[-1],)}  # The outputs are the first or last.
    names = [name for name, a in arrays.items() if tuple(a.shape) in widths]
    for is_beside in (_in_one_group, _of_one_number, _is_next):
        beside = [name for name in names if is_beside(kernel, name)]
        if len(beside) == 1:
            return beside[0]
    return None


def _in_one_group(kernel: str, name: str) -> bool:
    return _parts(kernel)[:-1] == _parts(name)[:-1] != []


def _of_one_number(kernel: str, name: str) -> bool:
    return _numbers(kernel) == _numbers(name) != []


def _is_next(kernel: str, name: str) -> bool:
    """Tells whether two names are alike and their last numbers neighbours."""
    *first, last = _numbers(kernel) or [0]
    alike = _without_numbers(kernel) == _without_numbers(name)
    return alike and _numbers(name) == [*first, last + 1]


def _dense_by_order(arrays) -> dict[str, str]:
    """Takes fc6 and fc7; leaves out a classifier, which comes last."""
    shapes = {
        name: tuple(array.shape)
        for name, array in arrays.items()
        if len(array.shape) == 2
    }
    order = sorted(shapes, key=_natural)
    is_classified = order and len({*shapes[order[-1]]}) > 1
    if len(order) > len(DENSE) or is_classified:
        order = order[: min(len(order) - 1, len(DENSE))]
    return _with_biases(DENSE, order, arrays)


def _numbers(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", name)]


def _without_numbers(name: str) -> str:
    """Leaves out what counts: `_1` of `conv3d_1`, 4b of `layer4b`."""
    return re.sub(r"\d+(?:[ab](?![a-z]))?", "#", re.sub(r"_\d+", "", name))


def _natural(name: str) -> list:
    """Sorts 9 before 10, and `conv3d` before `conv3d_1`."""
    return [
        [int(piece) if piece.isdigit() else piece for piece in pieces]
        for pieces in (re.split(r"(\d+)", part) for part in _parts(name))
    ]
