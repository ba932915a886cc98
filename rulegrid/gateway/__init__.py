"""The world: links to exchanges, recordings on disk, and all else that reads, writes or waits."""
