"""Web orders: to the stores, back as shipments, and around what goes wrong."""
