# The base has Python 3.11 to 3.13 and venv. It is Airbyte's own unless --build-arg BASE=... names another.
ARG BASE=docker.io/airbyte/python-connector-base:4.1.0@sha256:1d1aa21d34e851df4e8a87b391c27724c06e2597608e7161f4d167be853bd7b6

FROM ${BASE} AS build
USER root
WORKDIR /build
COPY constraints.txt pyproject.toml ./
RUN python3 -m venv tools && \
    tools/bin/pip install --no-cache-dir --retries 10 -c constraints.txt setuptools && \
    python3 -m venv --without-pip /opt/destination-keen
# All that pyproject.toml asks for, librdkafka included, but Airbyte's CDK: only callers in Python need that, and it
# is ten times as large as everything else here.
RUN tools/bin/python -c "import tomllib; \
project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
needed = project['dependencies'] + project['optional-dependencies']['fast']; \
print(*(each for each in needed if not each.startswith('airbyte-cdk')), sep='\n')" > requirements.txt && \
    tools/bin/pip --python /opt/destination-keen install --no-cache-dir --retries 10 -c constraints.txt -r requirements.txt
COPY setup.py README.md LICENSE ./
COPY destination_keen destination_keen
# The local Keen stays out: its package is not copied, and its command is removed.
RUN tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . && \
    tools/bin/pip --python /opt/destination-keen install --no-deps dist/*.whl && \
    rm /opt/destination-keen/bin/keen-sandbox

FROM ${BASE}
LABEL io.airbyte.name="airbyte/destination-keen" \
      io.airbyte.version="1.0.0" \
      org.opencontainers.image.title="destination-keen" \
      org.opencontainers.image.description="Airbyte destination for Keen" \
      org.opencontainers.image.version="1.0.0" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/destination-keen /opt/destination-keen
USER 1000:1000
ENV AIRBYTE_ENTRYPOINT="/opt/destination-keen/bin/destination-keen"
ENTRYPOINT ["/opt/destination-keen/bin/destination-keen"]
