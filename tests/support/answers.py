"""Asks the example case every question of the documentation; as a program, files its answers.

python -m tests.support.answers
"""

import json
import tempfile
from pathlib import Path
from typing import Final

from pydantic import JsonValue
from starlette.testclient import TestClient

from app.access.keys import Scope, create_key
from app.config import Settings
from app.core.db import Database, migrate
from app.example.answers import ACTS, LATER, QUESTIONS
from app.example.load import load_example
from app.main import create_app

FILE: Final = Path(__file__).parents[2] / "app" / "example" / "answers.json"


def ask_all(database: Database, client: TestClient) -> dict[str, JsonValue]:
    """Load the example, ask and write all there is an example of; return the answers."""
    load_example(database)
    found: dict[str, JsonValue] = {}
    for path, question in QUESTIONS.items():
        answer = client.get(question)
        assert answer.status_code == 200, (path, answer.text)
        found[path] = answer.json()
    with database.write() as connection:
        key, _ = create_key(connection, "example", [Scope.WRITE])
    headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
    made: dict[str, str] = {}
    for act in ACTS:
        answer = client.request(act.method, act.route.format(**made), json=act.body, headers=headers)
        assert answer.is_success, (act.name, answer.text)
        found[act.name] = answer.json()
        if answer.status_code == 201:
            made[act.route.rsplit("/", 1)[-1].removesuffix("s")] = answer.json()["id"]
    for path, question in LATER.items():
        answer = client.get(question.format(**made))
        assert answer.status_code == 200, (path, answer.text)
        found[path] = answer.json()
    return found


def main() -> None:
    """Write the answers beside the questions."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/example.sqlite"
        migrate(url)
        database = Database.open(url)
        with TestClient(create_app(Settings(database_url=url))) as client:
            answers = ask_all(database, client)
        database.dispose()
    FILE.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
