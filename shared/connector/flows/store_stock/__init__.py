"""The store-stock drain, step by step: feed, bookings, Centra's changes, choose, look, write."""
