"""Writes and loads what a trained model leaves on disk."""
