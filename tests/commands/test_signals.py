"""Signals that end a command: one exception, one line, one exit code."""

import signal
import subprocess
import sys

import pytest

from rmdn_tf.commands import signals
from rmdn_tf.commands.signals import (
    ENDING,
    Stopped,
    delayed,
    ignore_further,
    stopped_by_signals,
)


@pytest.mark.usefixtures("taken_signals")
@pytest.mark.parametrize("number", ENDING)
def test_each_signal_is_an_exception_inside_and_as_before_outside(number):
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as raised:
        with stopped_by_signals():
            signal.raise_signal(number)
    assert raised.value.number == number
    assert signal.getsignal(number) == before


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # As `nohup` does.
    try:
        with stopped_by_signals():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_delayed_signal_is_raised_at_the_end_of_the_outer_block():
    done = []
    with pytest.raises(Stopped), stopped_by_signals():
        with delayed():
            with delayed():
                signal.raise_signal(signal.SIGTERM)
                done.append("inner")
            done.append("outer")
        done.append("beyond")
    assert done == ["inner", "outer"]
    with delayed():  # Nothing is left over for the next block.
        pass


@pytest.mark.parametrize("seconds", [60, 0])
def test_an_impatient_signal_does_not_disturb_what_tidies_up(
    monkeypatch, seconds
):
    monkeypatch.setattr(signals, "SAME_WISH_SECONDS", seconds)
    tidied = []
    with pytest.raises(Stopped), stopped_by_signals():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            tidied.append(True)
    assert tidied == [True] * (seconds > 0)  # Later, it ends that too.


def test_further_signals_change_nothing():
    with stopped_by_signals():
        ignore_further()
        for number in ENDING:
            signal.raise_signal(number)


@pytest.mark.usefixtures("taken_signals")
@pytest.mark.parametrize("number", ENDING)
def test_a_signal_during_the_imports_ends_in_one_line(number):
    script = (
        "import signal; from rmdn_tf.commands.signals import end_at_signals; "
        f"end_at_signals(); signal.raise_signal({int(number)}); print('on')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    )
    name = {signal.SIGINT: "Ctrl-C"}.get(number, number.name)
    assert ended.returncode == 128 + number
    assert (ended.stdout, ended.stderr) == ("", f"Stopped by {name}.\n")
