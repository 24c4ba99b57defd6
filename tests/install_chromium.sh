#!/bin/sh
# A browser for the tests: the one on the PATH, else Debian's as root, else Playwright's own. $1 is the folder of Python.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then
        echo "browser: $(command -v "$name")"
        exit 0
    fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null; then
        echo "browser: $(command -v chromium)"
        exit 0
    fi
fi
exec "$1/python" -m playwright install --with-deps chromium
