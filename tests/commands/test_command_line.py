"""Tests of `rmdn_tf.commands.command_line` and the flags that it reads."""

import dataclasses

import pytest

from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.settings import argument, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Flags:"""

    number: int = setting(1, "A number.")
    share: float | None = setting(None, "A share.")
    name: str = setting("a", "A name.", ("a", "b"))
    yes: bool = setting(True, "Whether.")
    size: tuple[int, int] | None = setting(None, "A size.")
    lags: tuple[int, ...] = setting((1,), "Lags.")
    filters: tuple[tuple[int, ...], ...] = setting(((8,),), "Filters.")
    use: tuple[str, ...] = setting((), "Uses.", ("a", "b"))
    hidden: int = 7


@dataclasses.dataclass(frozen=True, kw_only=True)
class Files:
    """Arguments:"""

    source: str = argument(help="Input.")
    target: str = argument("out", help="Output.")
    number: int = setting(5, "A number.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Needs:
    """Flags:"""

    data_dir: str = setting(help="Data.")
    rest: tuple[str, ...] = argument((), "The rest.")


def read(config, line):
    return CommandLine([config], line.split()).read(config)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("--number=3", "number", 3),
        ("--number -3", "number", -3),
        ("--share .5", "share", 0.5),
        ("--name b", "name", "b"),
        ("--noyes", "yes", False),
        ("--yes=false", "yes", False),
        ("--size 4 5", "size", (4, 5)),
        ("--size=4,5", "size", (4, 5)),
        ("--lags 1 3", "lags", (1, 3)),
        ("--lags=", "lags", ()),
        ("--filters 8;16;32,32", "filters", ((8,), (16,), (32, 32))),
        ("--use a b --yes", "use", ("a", "b")),
        ("--use a --use b", "use", ("a", "b")),
    ],
)
def test_a_flag_changes_its_setting_alone(line, name, value):
    assert read(Options, line) == dataclasses.replace(
        Options(), **{name: value}
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--numbr=3", "numbr"),
        ("--number=x", "number=x"),
        ("--number", "number"),
        ("--name=c", "name=c"),
        ("--size=4", "Expected 2 values. Received: 4"),
        ("--size 4 5 6", "Received: 4, 5, 6"),
        ("--lags=1,x", "integers such as 1,3"),
        ("--filters=8;x", "filters"),
        ("--use", "Missing value of --use"),
        ("--use --number=3", "Missing value of --use"),
        ("--use a c", "expected one of a, b"),
        ("--hidden=3", "hidden"),
        ("--noyes=3", "--noyes=3 does not take an argument"),
        ("surplus", "Unknown argument: 'surplus'"),
    ],
)
def test_an_invalid_command_line_is_refused(line, words):
    with pytest.raises(UsageError, match=words):
        read(Options, line)


def test_arguments_come_in_any_order_with_flags():
    assert read(Files, "in --number 3 to") == Files(
        source="in", target="to", number=3
    )
    assert read(Files, "in").target == "out"
    with pytest.raises(UsageError, match="Missing SOURCE"):
        read(Files, "--number=3")
    with pytest.raises(UsageError, match="Unknown argument: 'c'"):
        read(Files, "a b c")


def test_a_tuple_takes_the_rest_also_after_two_dashes():
    needs = read(Needs, "--data_dir=d a -- --x=1")
    assert needs == Needs(data_dir="d", rest=("a", "--x=1"))
    with pytest.raises(UsageError, match="Missing --data_dir"):
        read(Needs, "")


def test_settings_of_one_name_are_one_flag():
    line = CommandLine([Options, Files], ["--number=3", "in"])
    assert line.read(Options).number == line.read(Files).number == 3


def test_a_preset_keeps_what_is_not_given():
    preset = Options(number=4, lags=(2,), name="b")
    line = CommandLine([Options], ["--number=5"])
    assert line.given(Options) == {"number": 5}
    changed = line.change(preset, share=0.5, number=9)
    assert changed == dataclasses.replace(preset, number=5, share=0.5)
