"""``python -m lexloom`` runs the command line."""

from lexloom.cli import run

if __name__ == "__main__":
    run()
