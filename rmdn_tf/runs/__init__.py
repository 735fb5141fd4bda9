"""Reads and writes trained models: runs, checkpoints, SavedModels.

`paths` finds the directory of a model, and `loading` loads it. `directory`
keeps the files of a run, and `run_facts` sums them up. `metadata` reads what a
SavedModel says of itself.
"""
