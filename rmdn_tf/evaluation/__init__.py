"""Scores predictors and baselines on a split of a dataset."""
