from __future__ import annotations

import re
from datetime import datetime, timedelta

from croniter import croniter

from local.functions_host.errors import HostError

_VALUE = r"(?:\d+|[A-Za-z]{3})"  # a name of a month or day has three letters
_RANGE = rf"(?:\*|{_VALUE}(?:-{_VALUE})?)(?:/\d+)?"
_FIELD = re.compile(rf"{_RANGE}(?:,{_RANGE})*")
MONITORED_FROM = timedelta(minutes=1)  # shorter intervals keep no state unless use_monitor says so


class Schedule:
    """A six-field NCRONTAB expression in UTC: second, minute, hour, day, month, day of week."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        fields = expression.split()
        if len(fields) != 6 or not all(_FIELD.fullmatch(field) for field in fields):
            raise HostError(f"'{expression}' is no NCRONTAB expression: six fields {{second}} … {{day of week}} in UTC")
        try:
            croniter(expression, second_at_beginning=True)
        except (ValueError, KeyError) as problem:
            raise HostError(f"'{expression}' is no NCRONTAB expression: {problem}") from problem

    def after(self, moment: datetime) -> datetime:
        """The first occurrence after the moment. Day and day of week must both match, unlike in Unix cron."""
        following: datetime = croniter(
            self.expression, moment, second_at_beginning=True, day_or=False, ret_type=datetime
        ).get_next()
        return following

    def is_monitored_by_default(self, moment: datetime) -> bool:
        first = self.after(moment)
        return self.after(first) - first >= MONITORED_FROM
