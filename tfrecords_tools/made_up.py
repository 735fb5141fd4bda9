"""Prepares a missing made-up dataset, or tells how to prepare another one."""

from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.files.locks import one_at_a_time
from tfrecords_tools.sources.settings import MADE_UP, NAMES


def prepare_made_up(
    name: str,
    data_dir: str,
    num_videos: int | None = None,
    may_prepare: bool = True,
) -> None:
    """Prepares a missing dataset if it is made up.

    Args:
        data_dir: directory for its shards.
        num_videos: of all splits; None for the usual number.
        may_prepare: whether this process may prepare it.

    Raises:
        FileNotFoundError: the user must prepare the dataset; says how.
    """
    if name in MADE_UP and may_prepare:
        import_tensorflow()  # Here, since it takes seconds.
        from tfrecords_tools.shards.preparation import prepare
        from tfrecords_tools.sources.registry import made_up_source

        # Waits for another process that prepares it.
        with one_at_a_time(data_dir, "preparing", wait=True):
            prepare(made_up_source(name, num_videos), data_dir)
        return
    raw = "" if name in MADE_UP else "--raw_dir RAW_DIR "
    advice = (
        "Prepare it with\n"
        f"  rmdn prepare --dataset {name} "
        f"{raw}--output_dir {data_dir}"
        if name in NAMES
        else f"Datasets that can be prepared: {', '.join(NAMES)}."
    )
    raise FileNotFoundError(f"No prepared dataset in '{data_dir}'. {advice}")
