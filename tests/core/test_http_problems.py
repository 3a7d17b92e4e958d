"""Whatever goes wrong is told by a problem document."""

from collections.abc import Iterator

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from app.config import Settings
from app.core.errors import PROBLEMS
from tests.support.small_app import small_app

LARGE = b'{"title":"' + b"x" * 2000 + b'"}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client() -> TestClient:
    return TestClient(small_app())


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("GET", "/nothing", 404, "no-such-route"),
        ("GET", "/things%00", 404, "no-such-route"),
        ("POST", "/nothing", 404, "no-such-route"),
        ("DELETE", "/things", 405, "method-not-allowed"),
        ("BREW", "/things", 405, "method-not-allowed"),
        ("GET", "/things?limit=0", 422, "invalid-request"),
        ("GET", "/things?typ=meeting", 422, "invalid-request"),
        ("GET", "/plain/x?y=1", 422, "invalid-request"),
        ("GET", "/things?limit=1&limit=2", 422, "invalid-request"),
        ("GET", "/things?type=%00", 422, "invalid-request"),
        ("GET", "/things?type=%ff", 422, "invalid-request"),
        ("GET", "/things?" + "a" * 300, 414, "query-too-long"),
        ("GET", "/retracted", 410, "retracted"),
        ("GET", "/locked", 503, "unavailable"),
        ("GET", "/broken", 500, "internal"),
        ("GET", "/problems/unheard-of", 404, "not-found"),
    ],
)
def test_a_wrong_request_gets_a_problem_document(
    client: TestClient, method: str, url: str, status: int, code: str
) -> None:
    answer = client.request(method, url)

    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == f"/problems/{code}"
    assert client.get(document["type"]).status_code == 200


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b'{"title":', JSON, 422, "invalid-request"),
        (b'{"title":"\xff"}', JSON, 422, "invalid-request"),
        (b"[" * 900, JSON, 422, "invalid-request"),
        (b"", JSON, 422, "invalid-request"),
        (b'{"title":"x"}', {}, 415, "unsupported-media-type"),
        (b"title=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported-media-type"),
        (LARGE, JSON, 413, "body-too-large"),
    ],
)
def test_a_wrong_body_gets_a_problem_document(
    client: TestClient, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.post("/things", content=content, headers=headers)

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_body_that_hides_its_length_is_stopped_at_the_limit(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 500 for _ in range(5))

    answer = client.post("/things", content=pieces(), headers=JSON)

    assert (answer.status_code, answer.json()["limit"]) == (413, 1024)


def test_a_get_with_a_body_is_refused(client: TestClient) -> None:
    answer = client.request("GET", "/things", content=b"{}")

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"in": "body", "name": "", "message": "GET takes no body."}]


def test_a_misspelt_parameter_is_told_the_right_name(client: TestClient) -> None:
    answer = client.get("/things", params={"typ": "meeting"})

    assert answer.json()["errors"] == [
        {"in": "query", "name": "typ", "message": "There is no such parameter.", "did_you_mean": "type"}
    ]


def test_a_misspelt_value_is_told_the_choices_and_not_repeated(client: TestClient) -> None:
    answer = client.get("/things", params={"type": "metting"})

    (problem,) = answer.json()["errors"]
    assert (problem["in"], problem["name"]) == ("query", "type")
    assert problem["allowed"] == ["meeting", "hearing"]
    assert problem["did_you_mean"] == "meeting"
    assert "metting" not in answer.text


def test_a_list_may_be_repeated(client: TestClient) -> None:
    answer = client.get("/things?type=meeting&type=hearing")

    assert answer.json()["type"] == ["meeting", "hearing"]


def test_a_problem_in_a_body_is_a_pointer_to_what_the_client_wrote(client: TestClient) -> None:
    body = {"shape": {"kind": "round", "radius": "my secret"}, "a/b": 1}

    answer = client.post("/things", json=body)

    named = {problem["name"]: problem["message"] for problem in answer.json()["errors"]}
    assert named.keys() == {"/title", "/shape/radius", "/a~1b"}
    assert named["/title"] == "This is required."
    assert "secret" not in answer.text


def test_a_merge_patch_is_read_under_both_of_its_media_types(client: TestClient) -> None:
    for media_type in ("application/merge-patch+json", "application/json"):
        answer = client.patch("/things", content=b'{"title":"x"}', headers={"Content-Type": media_type})
        assert answer.status_code == 200

    answer = client.patch("/things", content=b'{"title":"x"}', headers={"Content-Type": "text/csv"})
    assert answer.json()["allowed"] == ["application/merge-patch+json", "application/json"]


def test_a_wrong_method_is_told_every_right_one(client: TestClient) -> None:
    assert client.delete("/things").headers["allow"] == "GET, HEAD, OPTIONS, PATCH, POST"


def test_a_retracted_record_says_why_and_keeps_its_tag(client: TestClient) -> None:
    answer = client.get("/retracted")

    assert answer.headers["etag"] == '"2-abc"'
    assert answer.json()["reason"] == "Recorded twice."


def test_a_failure_tells_nothing_of_its_cause(client: TestClient) -> None:
    answers = [client.get("/broken"), client.get("/locked")]

    assert all("secret" not in answer.text for answer in answers)
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store", "no-store"]
    assert answers[1].headers["retry-after"] == "5"


def test_a_trailing_slash_is_told_the_path_without_it(client: TestClient) -> None:
    assert client.get("/things/").json()["detail"] == "Nothing is at this path. Did you mean /things?"


def test_the_host_header_is_never_repeated() -> None:
    plain, public = small_app(), small_app(Settings(public_url="https://timeline.example.org/"))
    forged = {"Host": "forged.example"}

    answers = [TestClient(app).get("/nothing/", headers=forged) for app in (plain, public)]

    assert all("forged.example" not in answer.text + str(answer.headers) for answer in answers)
    assert answers[1].json()["type"] == "https://timeline.example.org/problems/no-such-route"


def test_every_code_has_a_page_and_the_index_lists_it(client: TestClient) -> None:
    index = client.get("/problems").text

    for code, problem in PROBLEMS.items():
        page = client.get(f"/problems/{code}")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert f"{problem.status} · <code>{code}</code>" in page.text
        assert f'href="problems/{code}"' in index


def test_openapi_files_problems_under_the_media_type_they_are_sent_with() -> None:
    document = small_app().openapi()

    validate(document)
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status >= "4":
                    assert list(response["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    unavailable = document["paths"]["/things"]["get"]["responses"]["503"]
    assert unavailable["headers"] == {"Retry-After": {"schema": {"type": "string"}, "example": "5"}}
