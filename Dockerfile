# Two stages: the first installs, the second contains only Python and the installed program.
#
# The digest is that of the list of all platforms; Dependabot updates it with the version.
FROM python:3.13.14-slim-trixie@sha256:9662417aace5ae7b8e2609cce472b72a8958e134ba372808abe9cc1a0c0125e6 AS base

FROM base AS build
WORKDIR /build
# uv and Node.js use the certificates of the system, as pip does: a proxy may have one of its own.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1 \
    UV_SYSTEM_CERTS=1 NODE_USE_SYSTEM_CA=1

# uv, then the dependencies, each with the version and the hash in requirements.txt. That file also
# has the development tools: as a constraint it pins what pyproject.toml needs and adds nothing.
COPY pyproject.toml requirements.txt ./
COPY deploy/image/excludes.txt deploy/image/
RUN sed -n '/^uv==/,/[^\\]$/p' requirements.txt > uv.txt \
    && python -m venv /opt/uv \
    && /opt/uv/bin/pip install --require-hashes -r uv.txt \
    && /opt/uv/bin/uv venv --python "$(command -v python)" /opt/groupgate \
    && /opt/uv/bin/uv pip install --python /opt/groupgate --require-hashes \
        -r pyproject.toml -c requirements.txt --excludes deploy/image/excludes.txt

# The program. What builds it is locked too: hatchling, Node.js and, by npm, the explorer's packages.
COPY README.md LICENSE ./
COPY .ci/build_explorer.py .ci/build_requirements.txt .ci/
COPY src src
RUN /opt/uv/bin/uv pip install --python /opt/groupgate --no-deps \
        --build-constraints .ci/build_requirements.txt . \
    && rm -f /opt/groupgate/bin/activate* /opt/groupgate/bin/pydoc* /opt/groupgate/bin/deactivate*

# Symbol tables that only a debugger reads: 4 MB of cryptography and httptools.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils \
    && find /opt/groupgate -name '*.so' -exec strip --strip-unneeded {} +
COPY deploy/image/healthcheck.py /opt/groupgate/bin/

FROM base
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="groupgate" \
      org.opencontainers.image.description="One GraphQL API over the product groups of several billing vendors" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/groupgate/groupgate" \
      org.opencontainers.image.documentation="https://github.com/groupgate/groupgate#deploy" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13.14-slim-trixie"
# tini has no pinned version: Debian stable changes it for security only, and removes the old one.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old \
        /var/log/apt /var/log/dpkg.log /usr/share/doc/tini /usr/share/man/man1/tini* \
    && groupadd --system --gid 10001 groupgate \
    && useradd --system --uid 10001 --gid groupgate --no-create-home --no-log-init groupgate \
    && rm -f /etc/*-
COPY --from=build /opt/groupgate /opt/groupgate
# typer prints its help without rich, which the image does not have (deploy/image/excludes.txt).
ENV PATH=/opt/groupgate/bin:$PATH PYTHONUNBUFFERED=1 GROUPGATE_LOG_FORMAT=json TYPER_USE_RICH=0
# glibc raises its mmap threshold when a large block is freed, and then keeps blocks of that size: a
# burst of large vendor responses left the process up to 260 MiB larger (see benchmarks/README.md).
# A threshold that is set stays where it is, and blocks of 128 KiB or more go back to the system.
ENV MALLOC_MMAP_THRESHOLD_=131072
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD \
    ["python", "-I", "-S", "/opt/groupgate/bin/healthcheck.py"]
# tini is the first process: it passes signals on and reaps processes that lost their parent. A
# SIGTERM that arrives before groupgate handles it would end it with status 143; blocked, it waits
# until groupgate has its handlers, and groupgate ends with 0.
ENTRYPOINT ["tini", "--", "env", "--block-signal=TERM", "--block-signal=INT", "groupgate"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
