"""`python -m rulegrid` is `rulegrid`."""

from rulegrid.cli import main

main()
