"""Fits a trained model to another dataset: a few numbers, and its head.

In come a model and a prepared dataset; out comes a model that every command
takes. Start from `calibrating.calibrate`. `sample` runs the network on a few
frames, `fitting` fits the numbers, `features` and `finetuning` train the head,
`validation` tells what both gain on videos that they were not fitted to, and
`report` says it.
"""
