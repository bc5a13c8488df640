# A worker: `kouka worker STUDY` on another machine. docs/many-machines.md says how to run it.
FROM python:3.11-slim AS build
ARG EXTRAS=tensorflow,postgres,mysql
WORKDIR /kouka
COPY pyproject.toml requirements-lock.txt README.md LICENSE ./
COPY model_space model_space
COPY search search
# The versions of the lock file, of which only what a worker needs is installed.
RUN sed -n 's/ *\\$//; /^[a-z0-9]/p' requirements-lock.txt > versions.txt \
    && python -m venv /opt/kouka \
    && /opt/kouka/bin/pip install --no-cache-dir --constraint versions.txt ".[${EXTRAS}]"

FROM python:3.11-slim
RUN useradd --create-home --uid 1000 kouka
COPY --from=build /opt/kouka /opt/kouka
ENV PATH=/opt/kouka/bin:$PATH
USER 1000
WORKDIR /home/kouka
ENTRYPOINT ["kouka"]
CMD ["worker", "--help"]
