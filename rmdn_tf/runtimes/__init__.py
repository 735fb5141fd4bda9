"""Exports a network to other runtimes, and runs it there.

`portable` makes the function that every runtime takes, and `export` writes it
to a file that describes itself. `loading` opens such a file as a `Network`.
"""
