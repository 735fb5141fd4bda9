"""Tests of `rmdn`, the program of all commands."""

import pytest

import rmdn_tf
from rmdn_tf.__main__ import COMMANDS, main


def test_the_help_tells_every_command_in_a_line(capsys):
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "  predict            Predicts where people look in a video." in lines
    )
    for name in COMMANDS:
        (line,) = (line for line in lines if line.startswith(f"  {name} "))
        assert line.endswith(".") and len(line) <= 80


def test_without_words_the_help_is_printed_and_the_code_is_2(capsys):
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["areas", "compress", "quality", "reframe"])
def test_the_help_of_a_command_for_files_speaks_of_no_live_video(name, capsys):
    assert main([name, "--help"]) == 0
    assert "live video" not in capsys.readouterr().out


def test_help_with_the_name_of_a_command_is_that_of_the_command(capsys):
    assert main(["help", "demo-video"]) == 0
    help_of_it = capsys.readouterr().out
    assert main(["demo-video", "--help"]) == 0
    assert capsys.readouterr().out == help_of_it


def test_the_version_is_the_package_s(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"rmdn-tf {rmdn_tf.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["predit", "--video=a"], "Unknown command: 'predit'. Did you mean "),
        (["show_records"], "Did you mean 'show-records'?"),
        (["xyz"], "Unknown command: 'xyz'. Expected one of predict, prepare, "),
        (["--verbosity=0"], "Missing command. `rmdn --help` lists them."),
        (["predict", "A.mp4"], "'A.mp4'. Did you mean --video A.mp4?"),
        (["predict", "--vidoe=A.mp4"], "'vidoe'. Did you mean --video?"),
        (["--videos"], "Unknown command line flag 'videos'"),
    ],
)
def test_an_invalid_command_ends_with_code_2(words, told, capsys):
    assert main(words) == 2
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert told in error


def test_a_command_gets_the_words_that_follow(capsys):
    assert main(["predict", "--verbosity", "0", "--output=a.mp4"]) == 2
    assert capsys.readouterr().err == "Error: Missing --video.\n"
