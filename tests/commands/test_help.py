"""Tests of `rmdn_tf.commands.help`."""

import dataclasses

from rmdn_tf.commands.help import help_text
from rmdn_tf.commands.settings import argument, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What to do.

    More.
    """

    file: str = argument(help="A file.")
    data_dir: str = setting(help="Data.")
    style: str = setting("heat", "A style.", ("heat", "lines"))
    hold: bool = setting(False, "Hold it.")
    sound: bool = setting(True, "Keep the sound.")
    maps: tuple[str, ...] = setting((), "Maps.", ("a", "b"))
    size: int | None = setting(None, "A size.", default_text="the video's")
    share: float = setting(0.0, "A share.")
    filters: tuple[tuple[int, ...], ...] = setting(((8,), (3, 4)), "Filters.")


def test_help_lists_settings_in_order_with_their_values():
    assert help_text("Does it.\n\n    python -m it\n", [Options]) == (
        """Does it.

python -m it

What to do:
  FILE
      A file. (required)
  --data_dir
      Data. (required)
  --style
      A style. (one of: heat, lines; default: heat)
  --hold
      Hold it.
  --[no]sound
      Keep the sound. (default: on)
  --maps
      Maps. (any of: a, b)
  --size
      A size. (default: the video's)
  --share
      A share. (default: 0)
  --filters
      Filters. (default: 8;3,4)"""
    )


def test_a_setting_of_two_classes_is_listed_once():
    assert help_text("", [Options, Options]).count("--data_dir") == 1


@dataclasses.dataclass(frozen=True)
class Network:
    """The network:"""

    units: int = setting(128, "Units.")
    lags: tuple[int, ...] = setting((), "Lags.")
    flip: bool = setting(False, "Flip.")
    seed: int = setting(0, "Seed.")


@dataclasses.dataclass(frozen=True)
class Cells(Network):
    """A network with cells:"""

    units: int = setting(64, "Units.")
    cells: int = setting(7, "Cells.")


def test_the_values_of_presets_are_the_defaults():
    presets = {"paper": [Network()], "new": [Cells(lags=(1, 3), flip=True)]}
    assert help_text("Trains.", [Network, Cells], presets) == (
        """Trains.

The network:
  --units
      Units. (paper: 128, new: 64)
  --lags
      Lags. (paper: none, new: 1,3)
  --[no]flip
      Flip. (paper: off, new: on)
  --seed
      Seed. (default: 0)

A network with cells:
  --cells
      Cells. (default: 7)"""
    )


def test_a_preset_and_its_value_stand_in_one_line():
    presets = {f"preset{n}": [Network(units=n)] for n in range(20)}
    lines = help_text("", [Network], presets).splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith(":") for line in lines[3:])
