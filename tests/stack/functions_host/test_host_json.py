from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest

from local.functions_host.errors import HostError
from local.functions_host.host_json import HostOptions, QueueOptions, parse_host_json


def parsed(queues: dict[str, Any] | None = None, **top: Any) -> HostOptions:
    return parse_host_json({"version": "2.0", "extensions": {"queues": queues or {}}, **top})


def test_the_defaults_are_those_of_the_documentation() -> None:
    cores = os.process_cpu_count() or 1
    assert parsed() == HostOptions(
        QueueOptions(
            batch_size=16,
            new_batch_threshold=8 * cores,
            max_polling_interval=timedelta(minutes=1),
            visibility_timeout=timedelta(0),
            max_dequeue_count=5,
            message_encoding="base64",
        ),
        function_timeout=timedelta(minutes=30),
        route_prefix="api",
    )


def test_the_default_threshold_counts_one_processor_on_classic_consumption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSITE_SKU", "Dynamic")
    assert parsed({"batchSize": 4}).queues.new_batch_threshold == 2


def test_values_within_their_limits_are_taken() -> None:
    options = parsed(
        {
            "batchSize": 32,
            "newBatchThreshold": 0,
            "maxPollingInterval": "00:00:00.1",
            "visibilityTimeout": "7.00:00:00",
            "maxDequeueCount": 1,
            "messageEncoding": "none",
        },
        functionTimeout="-1",
    )
    assert options.queues == QueueOptions(32, 0, timedelta(milliseconds=100), timedelta(days=7), 1, "none")
    assert options.function_timeout is None


@pytest.mark.parametrize(
    ("key", "value", "limit"),
    [
        ("batchSize", 0, "from 1 to 32"),
        ("batchSize", 33, "from 1 to 32"),
        ("batchSize", "16", "from 1 to 32"),
        ("batchSize", True, "from 1 to 32"),
        ("newBatchThreshold", -1, "at least 0"),
        ("maxPollingInterval", "00:00:00.05", "at least 100 ms"),
        ("maxPollingInterval", 500, "at least 100 ms"),
        ("visibilityTimeout", "8.00:00:00", "from 0 to 7 days"),
        ("visibilityTimeout", "30", "from 0 to 7 days"),
        ("maxDequeueCount", 0, "at least 1"),
        ("messageEncoding", "utf8", '"base64" or "none"'),
        ("batchsize", 4, "one of batchSize, "),
    ],
)
def test_a_value_outside_its_limit_is_named_with_key_and_limit(key: str, value: object, limit: str) -> None:
    with pytest.raises(HostError) as caught:
        parsed({key: value})
    message = str(caught.value)
    assert f"extensions.queues.{key} = " in message
    assert str(value).lower() in message.lower()
    assert limit in message


@pytest.mark.parametrize("value", ["00:00:00", "30", 300, "25:00:00", "-2"])
def test_a_function_timeout_is_a_time_or_minus_one(value: object) -> None:
    with pytest.raises(HostError, match=r'functionTimeout = .* "-1"'):
        parsed(functionTimeout=value)


@pytest.mark.parametrize("document", [{}, {"version": "1.0"}, [], {"version": "2.0", "extensions": []}])
def test_a_document_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(HostError, match="must be"):
        parse_host_json(document)
