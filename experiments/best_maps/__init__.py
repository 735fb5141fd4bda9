"""Scores all maps that are made of one density by all metrics."""
