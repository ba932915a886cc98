"""Without the exchange: what a rulebook would have done on recorded days."""
