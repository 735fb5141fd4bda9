"""Reads raw datasets, one module each."""
