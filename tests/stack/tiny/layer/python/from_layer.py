"""Proves that the layer is on the path."""
