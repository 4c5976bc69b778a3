#!/bin/sh
# The project's two environments, from the lock files: .venv (everything) and .venv-sam (aws-sam-cli: its pins conflict with ours).
# Called by make; safe to run again. The only step that needs the package index. Usage: setup.sh [PYTHON]
set -eu
cd "$(dirname "$0")/.."

suitable() { command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${1:+"$1"} python3 python3.13 python3.12 python3.11 python3.14; do
        if suitable "$candidate"; then echo "$candidate"; return; fi
    done
    echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3" >&2
    exit 1
}

# --no-deps: a lock is complete, and pip cannot match the extras of some pinned packages.
environment() { # folder, lock file
    if ! "$1/bin/python" -c 'import pip' >/dev/null 2>&1; then
        rm -rf "$1"
        "$python" -m venv "$1" || { echo "python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
    fi
    echo "setup: $1 from $2" >&2
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 "$1/bin/python" -m pip install -q --retries 5 --no-deps --require-hashes -r "$2" </dev/null
}

python=$(find_python "${1:-}")
environment .venv requirements/dev.txt
environment .venv-sam requirements/sam.txt

# `sam build` installs the layer from these wheels, so that building needs no network.
rm -rf .venv/wheels
PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip download -q --no-deps --require-hashes -r shared/requirements.txt -d .venv/wheels </dev/null
rm -rf .venv/wheelhouse
mv .venv/wheels .venv/wheelhouse

# `ops` and plain `python -m …` find the project from any folder.
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n%s\n' "$PWD" "$PWD/shared" >"$site/centra_sitoo.pth"
printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m ops "$@"\n' "$PWD" >.venv/bin/ops
chmod +x .venv/bin/ops
touch .venv/ready
