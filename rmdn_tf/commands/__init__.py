"""Reads flags and reports errors, for every command alike."""
