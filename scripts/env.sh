# Makes the environment that scripts/run and scripts/test work in. They source it: `. scripts/env.sh`, then `prepare`.
# Python 3.11 or newer is all it asks of the machine; everything else comes from the package index, once.

# The version of uv that is fetched where the machine has none.
UV_VERSION="0.13.9"
PYTHONS="python3 python3.14 python3.13 python3.12 python3.11"

fail() {
    echo "countersign: $*" >&2
    exit 1
}

find_python() {
    for name in $PYTHONS; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$name
            return
        fi
    done
    fail "Python 3.11 or newer was not found. On Debian and Ubuntu: apt-get install python3 python3-venv"
}

# uv from PATH, or one of our own in .tools: its versions are none of the machine's business.
find_uv() {
    if uv --version >/dev/null 2>&1; then
        uv=uv
        return
    fi
    uv=.tools/bin/uv
    if [ "$("$uv" --version 2>/dev/null | cut -d " " -f 2)" != "$UV_VERSION" ]; then
        echo "countersign: fetching uv, which installs everything else" >&2
        rm -rf .tools
        "$python" -m venv .tools >&2 ||
            fail "$python can't make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
        .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" >&2 ||
            fail "uv could not be installed, see above: is the package index within reach?"
    fi
}

# Installs exactly what uv.lock says; $@ are further words for `uv sync`. Quick when nothing has changed.
prepare() {
    find_python
    find_uv
    # Where a company's proxy signs for the index, only the machine's own certificates know it.
    if [ -s /etc/ssl/certs/ca-certificates.crt ]; then
        export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
    fi
    UV_PYTHON_DOWNLOADS=never "$uv" sync --quiet --frozen --python "$python" "$@" ||
        fail "the packages of uv.lock could not be installed, see above: is the package index within reach?"
}
