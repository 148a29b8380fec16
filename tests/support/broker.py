"""A message broker that speaks Kafka's protocol, for the processes of a Milvus cluster; run as a program.

python -m tests.support.broker FILE
Writes its address into the file and works until it is killed. It is the broker of librdkafka's own tests. It keeps its
messages in memory, and of each topic only the last 5 MB: what a reader has not come to by then is lost, and nobody is
told.
"""

from __future__ import annotations

import sys
from pathlib import Path

from confluent_kafka import Producer


def main(file: Path) -> None:
    # The producer is what the broker lives in: it talks to that broker instead of to the servers that are named.
    producer = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 4})
    (broker,) = producer.list_topics(timeout=10).brokers.values()
    beside = file.with_suffix(".part")
    beside.write_text(f"{broker.host}:{broker.port}")
    beside.rename(file)
    while True:
        producer.poll(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
