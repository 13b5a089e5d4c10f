"""One small file per output format, each a pure function from a report to text."""
