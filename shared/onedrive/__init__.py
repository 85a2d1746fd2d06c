"""OneDrive through Microsoft Graph. Importing this loads neither msgraph nor an HTTP client."""

from shared.onedrive.content import DriveContent
from shared.onedrive.credentials import LocalToken
from shared.onedrive.drive import DeltaPage, OneDrive
from shared.onedrive.placing import IfTaken, Placing, SmallFile
from shared.onedrive.settings import OneDriveSettings
from shared.onedrive.subscriptions import Subscription

__all__ = [
    "DeltaPage",
    "DriveContent",
    "IfTaken",
    "LocalToken",
    "OneDrive",
    "OneDriveSettings",
    "Placing",
    "SmallFile",
    "Subscription",
]
