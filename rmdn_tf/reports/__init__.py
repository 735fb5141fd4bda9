"""Lays scores out: summaries, tables, plots and HTML pages."""
