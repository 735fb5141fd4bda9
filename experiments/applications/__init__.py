"""How good the applications are, judged by real gaze."""
