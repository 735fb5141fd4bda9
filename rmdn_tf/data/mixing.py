"""Mixes the windows of other datasets into the batches of one."""

import dataclasses
import os
from collections.abc import Sequence

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.shard_dealing import has_fixations

# The split of the other datasets that is mixed in.
MIXED_SPLIT = "train"


@dataclasses.dataclass(frozen=True)
class Mix:
    """Other datasets that give some rows of each batch.

    Their training splits are pooled. An epoch may need only a few of their
    records. Each epoch begins at other records, so that all are seen in time.

    Attributes:
        data_dirs: directories of prepared datasets.
        num_rows: rows of a batch that they give, over all workers.
        feature_dirs: feature cache of each dataset; empty to decode frames.
    """

    data_dirs: Sequence[str | os.PathLike]
    num_rows: int
    feature_dirs: Sequence[str | os.PathLike] = ()

    def check(self, data_dir: str | os.PathLike, info: DatasetInfo) -> None:
        """Refuses datasets that do not fit the main dataset.

        Args:
            data_dir: directory of the main dataset, which gives all other rows.
            info: of the main dataset.

        Raises:
            FileNotFoundError, RecordError: a dataset is missing or damaged.
            ValueError: the frames of a dataset have another size, it has no
                fixation to learn from, or its directory is given twice.
        """
        known = {os.path.realpath(data_dir)}
        for other in self.data_dirs:
            path = os.path.realpath(other)
            if path in known:
                raise ValueError(
                    "Invalid `mix_data_dir`. Expected directories of other "
                    f"datasets, each once. Received: '{other}' again."
                )
            known.add(path)
            _check_fits(other, data_dir, info)

    def deal(
        self, rows: range, batch_size: int
    ) -> tuple[range, range, list[int]]:
        """Deals rows of a batch to the main dataset and to the others.

        The rows of the others are spread evenly over the batch, so that each
        device gets its part of them.

        Args:
            rows: the rows of this worker.
            batch_size: rows of all workers together.

        Returns:
            The numbers of this worker's main rows among all main rows; the
            numbers of its other rows among all other rows; and for each of
            `rows` its index in a list of the former and then the latter.
        """

        def others_before(row: int) -> int:
            return row * self.num_rows // batch_size

        others = range(others_before(rows.start), others_before(rows.stop))
        main = range(rows.start - others.start, rows.stop - others.stop)
        order = [
            len(main) + others_before(row) - others.start
            if others_before(row + 1) > others_before(row)
            else row - others_before(row) - main.start
            for row in rows
        ]
        return main, others, order


def _check_fits(
    other: str | os.PathLike, data_dir: str | os.PathLike, info: DatasetInfo
) -> None:
    other_info = read_dataset_info(other)
    for name in ("size", "max_size"):
        expected, received = getattr(info, name), getattr(other_info, name)
        if received != expected:
            raise ValueError(
                f"Invalid dataset in '{other}'. Expected frames as in "
                f"'{data_dir}', with {name}={expected}. Received: "
                f"{name}={received}. Prepare both at one size."
            )
    if not has_fixations(other_info, MIXED_SPLIT):
        raise RecordError(
            f"Invalid dataset in '{other}'. Expected fixations in its split "
            f"'{MIXED_SPLIT}', to learn from. Received: no fixation."
        )
