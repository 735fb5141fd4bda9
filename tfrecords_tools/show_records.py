"""Describes, draws or verifies a prepared dataset.

rmdn show-records --data_dir PREPARED \\
    --split test --output sheet.png
rmdn show-records --data_dir PREPARED --verify
"""

import dataclasses
import sys

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.data.prepared_dataset import load_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.files.published import require_writable
from rmdn_tf.files.safe_names import refuse_overwriting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The dataset and what to show of it:"""

    data_dir: str = setting(help="Directory of a prepared dataset.")
    split: str = setting("train", "The split to show.", SPLITS)
    video: str | None = setting(None, "Draw only this video, given by its id.")
    output: str | None = setting(None, "Picture to draw, such as sheet.png.")
    verify: bool = setting(
        False, "Check every record of all splits, and draw nothing."
    )


@command(__doc__, Options)
def main(line: CommandLine) -> int:
    """Shows or verifies the dataset that the flags name."""
    options = line.read(Options)
    if options.verify:
        return _verify(options.data_dir)
    refuse_overwriting(
        {"--data_dir": options.data_dir}, {"--output": options.output}
    )
    if options.output:
        require_writable(options.output)
    load_dataset_info(options.data_dir)
    import_tensorflow()  # Here, since it takes seconds.
    from tfrecords_tools.shards.inspection import show

    print(show(options.data_dir, options.split, options.video, options.output))
    return 0


def _verify(data_dir: str) -> int:
    """Prints a line per shard, and problems to standard error."""
    from tfrecords_tools.shards.verification import verify

    verification = verify(data_dir)
    for shard in verification.shards:
        print(shard)
    problems = verification.problems
    for problem in problems:
        print(problem, file=sys.stderr)
    print(
        f"{len(problems)} problems in '{data_dir}'"
        if problems
        else f"'{data_dir}' is sound"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    start(main)
