"""The docs page, in a browser that reaches nothing but this application."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Route, sync_playwright
from starlette.testclient import TestClient

from app.config import Settings
from app.main import create_app
from tests.support.chromium import ARGUMENTS


@pytest.fixture
def address(sqlite_url: str) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(Settings(database_url=sqlite_url)), log_level="error", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_docs_page_shows_every_operation_and_asks_nobody_else(
    address: str, chromium: Path, width: int
) -> None:
    outside: list[str] = []
    complaints: list[str] = []

    def refuse_outside(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
            return
        outside.append(route.request.url)
        route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.route("**/*", refuse_outside)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/docs")
        page.locator(".opblock").first.wait_for(timeout=20_000)
        paths = {
            text.replace("\u200b", "") for text in page.locator(".opblock-summary-path").all_inner_texts()
        }
        page.locator("#operations-operations-check_readiness .opblock-summary-control").click()
        page.locator("#operations-operations-check_readiness .execute").click()
        page.locator(".live-responses-table .response-col_status").last.wait_for(timeout=10_000)
        answer = page.locator("#operations-operations-check_readiness").inner_text()
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        browser.close()

    assert {"/healthz", "/readyz"} <= paths
    assert "SQLite" in answer
    assert (outside, complaints, overflow) == ([], [], 0)


def test_the_service_is_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.headers["cache-control"] == "no-store"


def test_a_database_that_was_not_migrated_is_not_ready(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'empty.sqlite'}")

    with TestClient(create_app(settings)) as client:
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "case-timeline migrate" in answer.json()["detail"]


def test_the_root_leads_to_the_docs_page(client: TestClient) -> None:
    answer = client.get("/", headers={"Host": "forged.example"}, follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "docs")


def test_the_openapi_document_names_operations_after_their_functions(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    assert document["openapi"] == "3.2.0"
    assert document["paths"]["/readyz"]["get"]["operationId"] == "check_readiness"
