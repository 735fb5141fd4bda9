"""Recognizes actions in videos from features that attention weights.

A prepared dataset with classes comes in; a trained recognizer and its scores go
out. Start from `recognizer_training` (the whole task) and `recognizer` (the
saved result, applied to other videos).
"""
