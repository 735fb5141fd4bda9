"""Scripts that measure speed, memory and the effect of damaged input."""
