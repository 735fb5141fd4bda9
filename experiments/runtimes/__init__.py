"""What a network loses in other runtimes and precisions."""
