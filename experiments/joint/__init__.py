"""Attention and actions of one network, trained together."""
