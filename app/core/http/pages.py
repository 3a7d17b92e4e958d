"""A page for every problem code: where the `type` of a problem document leads."""

import html
import re
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.responses import HTMLResponse

from app.core.errors import PROBLEMS, Problem, RecordNotFoundError
from app.core.http.conditional import conditional_response
from app.core.http.strict import StrictRoute

# Our own pages load their own files only.  Swagger UI needs the inline styles.
PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
_CODE_SPAN: Final = re.compile(r"`([^`]+)`")
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Case Timeline</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}docs/assets/page.css">
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/problems", response_class=HTMLResponse)
def list_problems(request: Request) -> Response:
    """List every problem code."""
    return page_response(request, _index_page())


@router.get("/problems/{code}", response_class=HTMLResponse)
def read_problem(request: Request, code: Annotated[str, Path(max_length=100)]) -> Response:
    """Explain one problem code."""
    if code not in PROBLEMS:
        raise RecordNotFoundError("problem code", code)
    return page_response(request, _problem_page(code, PROBLEMS[code]))


def page_response(request: Request, page: str) -> Response:
    """Return a page of ours, or 304 when the client has it."""
    return conditional_response(request, page.encode(), media_type="text/html", headers=PAGE_HEADERS)


def _index_page() -> str:
    by_status = sorted(PROBLEMS.items(), key=lambda item: (item[1].status, item[0]))
    rows = "\n".join(
        f'<li><a href="problems/{code}"><code>{code}</code></a>'
        f"<span>{problem.status} · {_prose(problem.title)}</span></li>"
        for code, problem in by_status
    )
    content = (
        "<h1>Problems</h1>\n<p>Every error is a problem document with one of these codes. "
        'A code never changes its meaning. <a href="docs">All routes</a></p>\n'
        f'<ul class="codes">\n{rows}\n</ul>'
    )
    return _PAGE.format(title="Problems", root="", content=content)


def _problem_page(code: str, problem: Problem) -> str:
    paragraphs = "\n".join(f"<p>{_prose(text)}</p>" for text in problem.description.split("\n\n"))
    content = (
        f'<p class="status">{problem.status} · <code>{code}</code></p>\n<h1>{_prose(problem.title)}</h1>\n'
        f'{paragraphs}\n<p><a href="../problems">All problems</a> · <a href="../docs">All routes</a></p>'
    )
    return _PAGE.format(title=html.escape(problem.title.replace("`", "")), root="../", content=content)


def _prose(text: str) -> str:
    return _CODE_SPAN.sub(r"<code>\1</code>", html.escape(text))
