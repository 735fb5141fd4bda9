"""Reads and writes whole files, on any file system and within limits."""
