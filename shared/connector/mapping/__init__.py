"""Pure translation between the two vendors: orders, addresses, amounts, refunds, ledger rows."""
