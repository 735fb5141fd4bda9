"""Commands: their flags, help and errors, alike for every command.

The words of a command line (`command_line`) become dataclasses of settings
(`settings`). `command` decorates the `main` of a command: it prints the help
and turns errors into a line and an exit code. A command calls
`import_tensorflow` after its checks. Only this room uses absl.
"""
