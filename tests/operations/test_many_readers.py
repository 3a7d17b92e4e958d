"""Many readers at once share a few connections."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from starlette.testclient import TestClient

from app.access.keys import Scope
from app.config import Settings
from app.core.db import Database
from app.main import create_app
from tests.support.keys import make_key


def test_more_readers_than_threads_and_connections_are_all_answered(
    database: Database, database_url: str
) -> None:
    key = make_key(database, Scope.READ)
    settings = Settings(database_url=database_url, pool_size=2, pool_timeout_s=60)

    with TestClient(create_app(settings)) as client, ThreadPoolExecutor(100) as readers:
        # Some of them look their key up besides.
        asked = [readers.submit(client.get, "/v1/cases", headers=(key, {})[one % 2]) for one in range(200)]
        answers = Counter(one.result().status_code for one in asked)

    assert answers == {200: 200}
