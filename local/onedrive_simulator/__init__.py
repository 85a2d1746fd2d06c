"""Microsoft Graph as far as a OneDrive client needs it, as unkind as the real one."""

from local.onedrive_simulator.estate.model import Column, Identity
from local.onedrive_simulator.quirks import Quirks
from local.onedrive_simulator.simulator import OneDriveSimulator

__all__ = ["Column", "Identity", "OneDriveSimulator", "Quirks"]
