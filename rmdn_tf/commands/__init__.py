"""Commands: their flags, their help, and their errors, alike for every entry.

A dataclass of settings (`settings`) and the words of a command line become the
dataclass with the values given (`command_line`). `command` decorates the `main`
of an entry: it reads the flags, prints the help, and turns errors into a line
and an exit code. Only this room uses absl.
"""
