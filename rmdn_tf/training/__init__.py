"""Trains a model: a prepared dataset in, a run and its best model out.

Start from `trainer` (epochs), `run` (what a run consists of), `step` (one step:
gradients, clipping) and `config` (settings and presets).
"""
