"""Trains a model on batches of windows."""
