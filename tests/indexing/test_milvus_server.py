"""The Milvus server that tests start is a real one: it finds what NumPy finds, and is gone afterwards."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from tests.support.milvus import SESSION_SECONDS, listens, standalone

ROWS, DIMENSIONS, MOST = 1_000, 32, 10


@pytest.mark.index
def test_a_server_of_its_own_searches_exactly_and_ends(tmp_path: Path) -> None:
    from pymilvus import DataType, MilvusClient

    vectors = np.random.default_rng(0).standard_normal((ROWS, DIMENSIONS)).astype(np.float32)
    with standalone(tmp_path) as uri:
        client = MilvusClient(uri, timeout=SESSION_SECONDS)
        schema = MilvusClient.create_schema(auto_id=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIMENSIONS)
        index = client.prepare_index_params()
        index.add_index("vector", index_type="FLAT", metric_type="IP")
        client.create_collection("passages", schema=schema, index_params=index, consistency_level="Strong")
        client.insert("passages", [{"row": row, "vector": vector} for row, vector in enumerate(vectors)])
        (hits,) = client.search("passages", data=[vectors[0]], anns_field="vector", limit=MOST)
        client.close()
    scores = vectors @ vectors[0]
    best = np.argsort(-scores)[:MOST]
    assert [hit["id"] for hit in hits] == best.tolist()
    np.testing.assert_allclose([hit["distance"] for hit in hits], scores[best], rtol=1e-6)
    assert not listens(urlsplit(uri).port or 0)
