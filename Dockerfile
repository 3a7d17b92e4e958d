FROM python:3.13-slim AS build

WORKDIR /src
RUN python -m venv /opt/case-timeline
ENV PATH=/opt/case-timeline/bin:$PATH
# The dependencies before the code: they change less often, and this layer is then kept.
COPY app/requirements.txt app/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r app/requirements.txt
COPY . .
RUN pip install --no-cache-dir --no-deps . \
    && pip uninstall --yes pip


FROM python:3.13-slim

# A fixed number, so that whoever mounts a volume can give it away.
RUN useradd --system --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin timeline \
    && install -d -o timeline -g timeline -m 0750 /data
COPY --from=build /opt/case-timeline /opt/case-timeline

# Nothing is written outside /data, so the root file system may be read-only.
ENV PATH=/opt/case-timeline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CASE_TIMELINE_DATABASE_URL=sqlite:////data/case-timeline.sqlite

USER timeline
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["case-timeline"]
CMD ["serve", "--host", "0.0.0.0"]
