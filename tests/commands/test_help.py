"""Tests of `rmdn_tf.commands.help`."""

import dataclasses

from rmdn_tf.commands.help import help_text
from rmdn_tf.commands.settings import argument, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Flags:

    More.
    """

    file: str = argument(help="A file.")
    data_dir: str = setting(help="Data.")
    style: str = setting("heat", "A style.", ("heat", "lines"))
    hold: bool = setting(False, "Hold it.")
    share: float = setting(0.0, "A share.")
    filters: tuple[tuple[int, ...], ...] = setting(((8,), (3, 4)), "Filters.")


def test_help_lists_settings_in_order_with_their_values():
    assert help_text("Does it.\n\n    python -m it\n", [Options]) == (
        """Does it.

python -m it

Flags:
  FILE
      A file. (required)
  --data_dir
      Data. (required)
  --style
      A style. (one of heat, lines; default: heat)
  --[no]hold
      Hold it.
  --share
      A share. (default: 0.0)
  --filters
      Filters. (default: 8;3,4)"""
    )


def test_a_setting_of_two_classes_is_listed_once():
    assert help_text("", [Options, Options]).count("--data_dir") == 1
