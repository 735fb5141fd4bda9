"""Where people look in a video, as a probability density in every frame."""
