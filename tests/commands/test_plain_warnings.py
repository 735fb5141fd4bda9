"""A command warns in one line."""

import warnings

from rmdn_tf.commands.plain_warnings import plain_warnings


def test_a_command_warns_without_the_line_of_code_that_does():
    before = warnings.formatwarning
    with plain_warnings():
        line = warnings.formatwarning("It jumps.", UserWarning, "a.py", 1)
    assert line == "Warning: It jumps.\n"
    assert warnings.formatwarning is before
