"""OneDrive through Microsoft Graph. Importing this loads neither msgraph nor an HTTP client."""

from shared.onedrive.content import DriveContent
from shared.onedrive.credentials import LocalToken
from shared.onedrive.delta import DeltaPage
from shared.onedrive.drive import OneDrive
from shared.onedrive.grants import Given, Grant, Role
from shared.onedrive.placing import IfTaken, Placing, SmallFile
from shared.onedrive.settings import OneDriveSettings
from shared.onedrive.subscriptions import Subscription
from shared.onedrive.uploading import Session, Target, Upload
from shared.onedrive.verifying import Verdict, verdict

__all__ = [
    "DeltaPage",
    "DriveContent",
    "Given",
    "Grant",
    "IfTaken",
    "LocalToken",
    "OneDrive",
    "OneDriveSettings",
    "Placing",
    "Role",
    "Session",
    "SmallFile",
    "Subscription",
    "Target",
    "Upload",
    "Verdict",
    "verdict",
]
