"""Measures torch: which classes and functions draw, seen by running them. Writes `construction/torch.json`."""
