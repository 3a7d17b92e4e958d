# Case Timeline on one SQLite file.
#
#   docker build -t case-timeline .
#   docker run --read-only -p 8000:8000 -v case-timeline:/data case-timeline
#
# PostgreSQL's driver is not in it: app/requirements.txt, the lock the image is made from,
# holds what every installation needs and no more.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
WORKDIR /source
# Before the code, so that a change of code keeps this layer.
COPY app/requirements.txt app/requirements.txt
RUN /venv/bin/pip install --require-hashes -r app/requirements.txt
COPY . .
RUN /venv/bin/pip install --no-deps . && /venv/bin/python -m compileall -q /venv/lib

FROM python:3.13-slim
# Numbered, so that `runAsNonRoot` can be checked without reading the image's users.
RUN groupadd --system --gid 10001 case-timeline \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent case-timeline \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CASE_TIMELINE_DATABASE_URL=sqlite:////data/case-timeline.sqlite
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8000
# Past any proxy that the container's environment names.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["case-timeline"]
CMD ["serve", "--host", "0.0.0.0"]
