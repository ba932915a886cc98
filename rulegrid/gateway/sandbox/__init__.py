"""The sandbox: a recorded day served as an exchange, over Redis and over REST + WebSocket."""
