"""Actions from what is looked at: descriptors of clips, and linear SVMs."""
