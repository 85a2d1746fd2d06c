"""The local stack: a Functions host, simulators of both systems and the guided run. Never deployed."""
