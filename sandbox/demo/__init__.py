"""`make demo`: a trading day of a small chain on the local stack, with everything that goes wrong in one, and a check of what must hold after it."""
