"""The static ledger: what one constructor builds and draws, and what is known of torch."""
