"""Backtests over many machines: a history is cut along time, and its pieces run on a Dask cluster.

Only `reaching`, `waiting` and `spreading` know Dask;
what a worker does is in `pieces` and `seams`.
"""
