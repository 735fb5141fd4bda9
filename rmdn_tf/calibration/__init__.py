"""Fits a trained model to another dataset: a few numbers, not its weights.

In come a model and a prepared dataset; out comes a model that every command
takes. Start from `calibrating.calibrate`. `sample` runs the network on a few
frames, `fitting` fits the numbers, `validation` tells what they gain on videos
that they were not fitted to, and `report` says it.
"""
