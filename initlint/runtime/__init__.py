"""What runs beside torch: the measured ledger, and the measurement of torch itself."""
