"""Rulebook tests: cases from `*.test.yaml`, the fold over them, and what they cover."""
