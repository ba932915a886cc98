"""`python -m rulegrid` is `rulegrid`: this is where both begin."""

import signal


def main() -> None:
    """Run the command line.

    Until it is loaded a Ctrl-C ends the process as it ends any other, without a word.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from rulegrid.cli import main as run  # noqa: PLC0415 - loading it takes a while

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
