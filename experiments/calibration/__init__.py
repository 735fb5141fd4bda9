"""What `rmdn calibrate` gains from one dataset to another."""
