# Turnkeeper without the extra `voice`, whose codecs are GPL. What it keeps, its configuration and its bots are in
# /data; nothing else is written but sockets in /tmp, so the root may be read-only.
#
#     docker build -t turnkeeper .                                   # --build-arg EXTRAS=otel,sentry,s3 for more

FROM python:3.13-slim AS build
RUN pip install --no-cache-dir --disable-pip-version-check "uv>=0.9"
ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1
WORKDIR /source
COPY requirements requirements
RUN uv venv --python "$(command -v python3)" /opt/turnkeeper \
    && uv pip sync --python /opt/turnkeeper/bin/python --require-hashes requirements/runtime.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY console console
COPY src src
RUN uv build --wheel --build-constraints requirements/dev.txt --out-dir /wheel \
    && uv pip install --python /opt/turnkeeper/bin/python --no-deps /wheel/*.whl
ARG EXTRAS=""
RUN test -z "$EXTRAS" \
    || uv pip install --python /opt/turnkeeper/bin/python --constraints requirements/dev.txt \
        "turnkeeper[$EXTRAS] @ file://$(echo /wheel/*.whl)"

FROM python:3.13-slim
RUN groupadd --gid 10001 turnkeeper \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin turnkeeper \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/turnkeeper /opt/turnkeeper
ENV PATH=/opt/turnkeeper/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    TURNKEEPER_SERVER__HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8088
STOPSIGNAL SIGTERM
# Of the web process: with `--role worker` there is none, start that with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8088/health', timeout=4)"]
ENTRYPOINT ["turnkeeper"]
CMD ["serve"]
