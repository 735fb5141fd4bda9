"""Trains one network for attention and actions together."""
