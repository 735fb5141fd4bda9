"""Computes numbers from saliency maps and fixations; pure functions."""
