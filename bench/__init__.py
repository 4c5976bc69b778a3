"""Measurements: `python -m bench [names…]`. Simulated ones run on a virtual clock, the others on the built functions."""
