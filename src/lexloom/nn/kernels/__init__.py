"""Compiled kernels, where the install could compile them, behind functions that work without."""
