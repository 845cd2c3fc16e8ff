# Two stages: the first builds, the second holds nothing but Python and the installed program.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/groupgate
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/groupgate/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home groupgate
COPY --from=build /opt/groupgate /opt/groupgate
ENV PATH=/opt/groupgate/bin:$PATH PYTHONUNBUFFERED=1 GROUPGATE_LOG_FORMAT=json
USER 10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["groupgate"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
