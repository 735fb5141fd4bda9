"""Reads and writes whole files, on any file system and within limits.

Paths come in; checked content goes out, or files that appear whole or not at
all. Start from `published` (writing), `reading`, `json_files`, `arrays` and
`images` (reading), `locks` (one process at a time), `file_systems` (s3:// and
others) and `safe_names` (names from data).

In this package a path may be on any file system of `file_systems`, unless its
docstring says otherwise. A missing file raises `FileNotFoundError`, a failed
read or write `OSError`, invalid content `ValueError`; the message names the
file, as `shown_paths` shows it.
"""
