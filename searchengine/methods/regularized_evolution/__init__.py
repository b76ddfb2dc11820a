"""Regularized (ageing) evolution on any space: the second control."""
