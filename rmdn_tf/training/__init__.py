"""Trains a model on a prepared dataset; writes a run with its best model.

`trainer` runs epochs, `run` builds the parts of a run, `step` makes one step,
`validation` scores an epoch, `tensorboard` shows the numbers, and `config`
holds settings and presets.
"""
