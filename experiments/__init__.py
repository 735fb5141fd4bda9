"""Trainings whose results the README reports, and what repeats them."""
