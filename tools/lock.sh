#!/bin/sh
# Resolve requirements/*.in anew. The layer's lock comes first and binds the others, so that tests run what is deployed.
# Files stay valid for every platform and for Python 3.11 and newer; what is locked stays unless --upgrade is given. Usage: lock.sh [--upgrade]
set -eu
cd "$(dirname "$0")/.."
mkdir -p build
test -x build/lock/bin/uv || { .venv/bin/python -m venv build/lock; build/lock/bin/pip install -q 'uv==0.13.9'; }
compile() { # input, output, more options
    build/lock/bin/uv pip compile -q "$1" -o "$2" --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links $3
}
upgrade=${1:-}
compile requirements/layer.in shared/requirements.txt "$upgrade"
compile requirements/dev.in requirements/dev.txt "--constraint shared/requirements.txt $upgrade"
compile requirements/sam.in requirements/sam.txt "$upgrade"
