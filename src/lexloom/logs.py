"""Logging set up once by the command line: to stderr, so that stdout carries only data."""

import logging
import sys

LOGGER_NAME = "lexloom"


def get_logger(name: str) -> logging.Logger:
    """Give the logger of a module; the library logs and never prints."""
    return logging.getLogger(name)


def configure(*, verbose: bool = False) -> None:
    """Send the package's messages to stderr: warnings and above, or everything when `verbose`."""
    logger = logging.getLogger(LOGGER_NAME)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)
    logger.propagate = False
