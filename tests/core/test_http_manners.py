"""What holds for every answer: methods, headers, tags, compression."""

import pytest
from starlette.testclient import TestClient

from app.core.http import etag_matches, etag_of, link_header
from tests.support.small_app import LONG_TEXT, small_app


@pytest.fixture
def client() -> TestClient:
    return TestClient(small_app())


def test_head_has_the_headers_of_get_and_no_body(client: TestClient) -> None:
    headers = {"X-Request-ID": "one"}
    got, head = (client.request(method, "/long", headers=headers) for method in ("GET", "HEAD"))

    assert head.status_code == 200
    assert head.content == b""
    assert dict(head.headers) == dict(got.headers)


def test_head_of_an_endless_stream_ends(client: TestClient) -> None:
    assert client.head("/endless").status_code == 200


def test_options_lists_the_methods(client: TestClient) -> None:
    answer = client.options("/things")

    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PATCH, POST")
    assert client.options("/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/things", "/nothing"])
def test_a_preflight_allows_reading_from_anywhere(client: TestClient, path: str) -> None:
    answer = client.options(
        path, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    )

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/things", "/nothing", "/broken"])
def test_every_read_may_be_used_by_scripts_of_other_sites(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-expose-headers"] == "ETag, Link, Retry-After, RateLimit, RateLimit-Policy"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_write_is_not_open_to_other_sites(client: TestClient) -> None:
    assert "access-control-allow-origin" not in client.post("/things", json={"title": "x"}).headers


def test_an_answer_made_with_a_key_is_private(client: TestClient) -> None:
    with_key = client.get("/things", headers={"Authorization": "Bearer ctl_x"}).headers
    without = client.get("/things").headers

    assert with_key["cache-control"] == "private, max-age=0, must-revalidate"
    assert without["cache-control"] == "public, max-age=0, must-revalidate"
    assert without["vary"] == "Accept-Encoding, Authorization"


def test_a_request_keeps_its_id_where_it_is_one(client: TestClient) -> None:
    assert client.get("/things", headers={"X-Request-ID": "desk-7"}).headers["x-request-id"] == "desk-7"
    made = client.get("/things", headers={"X-Request-ID": "a b\t"}).headers["x-request-id"]
    assert len(made) == 16


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_compressed_bytes_have_a_tag_of_their_own_which_still_gives_304(
    client: TestClient, encoding: str
) -> None:
    first = client.get("/long", headers={"Accept-Encoding": encoding})
    again = client.get("/long", headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["etag"]})

    assert first.headers["content-encoding"] == encoding
    assert first.headers["etag"] == f'"1-abc-{encoding}"'
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "Accept-Encoding" in again.headers["vary"]


def test_uncompressed_bytes_keep_their_tag(client: TestClient) -> None:
    answer = client.get("/long", headers={"Accept-Encoding": "gzip;q=0, identity"})

    assert "content-encoding" not in answer.headers
    assert (answer.content, answer.headers["etag"]) == (LONG_TEXT, '"1-abc"')


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        (None, False),
        ("", False),
        ("*", True),
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", W/"y" ,"abc"', True),
        ('"x,abc"', False),
        ("abc", False),
        ('"ab"', False),
        ('"abc', False),
    ],
)
def test_a_tag_is_looked_for_in_if_none_match(header: str | None, *, matches: bool) -> None:
    assert etag_matches(header, '"abc"') is matches
    assert etag_matches(header, 'W/"abc"') is matches


def test_a_tag_changes_with_every_part_and_begins_with_the_revision() -> None:
    assert etag_of("ab", "c") != etag_of("a", "bc")
    assert etag_of("a", revision=3).startswith('"3-')
    assert etag_of("a").startswith('"')


def test_a_link_header_names_what_there_is() -> None:
    assert link_header(next="/a?after=x", previous=None) == '</a?after=x>; rel="next"'
    assert link_header(next="/a", previous="/b") == '</a>; rel="next", </b>; rel="prev"'
    assert link_header(next=None, previous=None) is None
