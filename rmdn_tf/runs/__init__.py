"""Writes and loads trained models: runs, checkpoints and SavedModels on disk.

Start from `loading` (a path in, a model out), `directory` (the files of a
training run) and `metadata` (what a SavedModel tells its clients).
"""
