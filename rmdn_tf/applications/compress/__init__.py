"""Compresses a video so that bits go to where people look.

A density becomes a quantiser offset in each block (`offsets`). The encoder gets
the offsets as regions (`regions`), as a blur of what nobody looks at (`blur`),
or as a file for another encoder (`map_files`). Start from `compression`.
"""
