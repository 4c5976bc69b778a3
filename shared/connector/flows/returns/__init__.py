"""Returns: what tills refund becomes returns in Centra, what Centra returns is recorded in Sitoo, and both land in the ledger."""
