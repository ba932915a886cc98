"""Market time: a program bound to a grid, and the fold over market slots."""
