"""Tariff rulebooks for local energy markets: checked, rehearsed, and sent as one batch of grid fees a market slot."""
