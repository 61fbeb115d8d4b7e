"""`python -m traceability`: the command line, where the program `traceability` is not on PATH."""

from traceability.cli import main

if __name__ == "__main__":
    main()
