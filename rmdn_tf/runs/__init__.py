"""Reads and writes trained models: runs, checkpoints, SavedModels.

`loading` loads a model from a path. `directory` keeps the files of a run.
`metadata` describes a SavedModel to its clients.
"""
