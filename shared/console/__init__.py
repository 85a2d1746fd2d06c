"""The JSON API that the command line and the status page share."""

from shared.console.api import Answer, Request, answer

__all__ = ["Answer", "Request", "answer"]
