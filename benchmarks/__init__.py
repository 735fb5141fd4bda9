"""Measures speed, memory and what damaged input does; a module is a script."""
