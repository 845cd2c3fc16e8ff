# Two stages: the first installs, the second contains only Python and the installed program.
FROM python:3.13-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
RUN python -m venv /opt/groupgate

# uv, then the dependencies, each with the version and the hash in requirements.txt. That file also
# has the development tools: as a constraint it pins what pyproject.toml needs and adds nothing.
COPY pyproject.toml requirements.txt ./
RUN sed -n '/^uv==/,/[^\\]$/p' requirements.txt > uv.txt \
    && pip install --no-cache-dir --require-hashes -r uv.txt \
    && uv pip install --python /opt/groupgate --require-hashes -r pyproject.toml -c requirements.txt

COPY README.md LICENSE ./
COPY .ci/build_explorer.py .ci/
COPY src src
RUN uv pip install --python /opt/groupgate --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home groupgate
COPY --from=build /opt/groupgate /opt/groupgate
ENV PATH=/opt/groupgate/bin:$PATH PYTHONUNBUFFERED=1 GROUPGATE_LOG_FORMAT=json
# glibc raises its mmap threshold when a large block is freed, and then keeps blocks of that size: a
# burst of large vendor responses left the process up to 260 MiB larger (see benchmarks/README.md).
# A threshold that is set stays where it is, and blocks of 128 KiB or more go back to the system.
ENV MALLOC_MMAP_THRESHOLD_=131072
USER 10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# A signal to the first process of a container is lost as long as that process has no handler for
# it, unless the signal is blocked: then it is delivered as soon as groupgate has its handlers.
ENTRYPOINT ["env", "--block-signal=TERM", "--block-signal=INT", "groupgate"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
