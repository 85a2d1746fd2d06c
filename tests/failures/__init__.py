"""The catalogue of failure cases, and which tests carry its rows: `make failures`."""
