class HostError(Exception):
    """The host cannot start or go on; the message says what to change."""
