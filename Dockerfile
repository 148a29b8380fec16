# Two images: the server with the articles of corpus/ and their index, and the same with what builds an index.
#   docker build --tag career-chatbot .
#   docker build --tag career-chatbot:build --target build .

# A tag may lead to another image tomorrow, a digest may not. This prints it, for --build-arg PYTHON=NAME@DIGEST:
#   docker buildx imagetools inspect python:3.11.14-slim-bookworm
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS packages
# PyPI's torch brings CUDA along, some gigabytes that nothing here uses.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /src
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
# A layer of its own: it is the largest, and changes with constraints.txt alone.
COPY constraints.txt ./
RUN pip install --no-cache-dir --no-compile --extra-index-url "$TORCH_INDEX" --constraint constraints.txt torch
COPY LICENSE README.md pyproject.toml setup.py ./
COPY chatbot chatbot
RUN pip install --no-cache-dir --no-compile --constraint constraints.txt '.[mcp,milvus]'

FROM ${PYTHON} AS lean
WORKDIR /src
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY LICENSE constraints.txt ./
COPY chatbot chatbot
COPY .serve .serve
RUN pip install --no-cache-dir --no-compile --constraint constraints.txt './.serve[mcp,milvus]'
# The tests of packages, and what installs some. Of the rest nothing can be compiled later, on a disk that is read-only.
RUN find /opt/venv -type d -name tests -prune -exec rm -r {} + \
    && pip uninstall --yes setuptools pip \
    && python -m compileall -q -j 0 /opt/venv/lib

FROM packages AS index
WORKDIR /srv/career-chatbot
RUN mkdir index journal
COPY corpus corpus
# 3: published, but for files that cannot be used, which it names.
RUN chatbot build || [ $? -eq 3 ]

FROM ${PYTHON} AS site
WORKDIR /srv/career-chatbot
# Libraries keep files in the home folder and in /tmp: so that /tmp alone has to be writable.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    CHATBOT_SERVER__HOST=0.0.0.0 \
    CHATBOT_SERVER__LOG=json \
    CHATBOT_MILVUS__FOLDER=/tmp/milvus \
    CHATBOT_JOURNAL__PATH=/srv/career-chatbot/journal/journal.sqlite
# A user without a name, which Kubernetes can tell from root.
USER 10001:10001
EXPOSE 7860
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/readyz', timeout=4)"]
ENTRYPOINT ["chatbot"]
CMD ["serve"]

FROM site AS build
COPY --from=packages /opt/venv /opt/venv
COPY --from=index --chown=10001:10001 /srv/career-chatbot /srv/career-chatbot
VOLUME /srv/career-chatbot/journal

FROM site AS serve
COPY --from=lean /opt/venv /opt/venv
COPY --from=index --chown=10001:10001 /srv/career-chatbot /srv/career-chatbot
# Feedback is written also where all else is read-only. What is copied into a volume after it was declared may be lost.
VOLUME /srv/career-chatbot/journal
