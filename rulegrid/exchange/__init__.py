"""The conversation with an exchange, without a byte of I/O."""
