#!/bin/sh
# The programs outside Python that some tests drive: promtool, amtool and a browser.
# As root on Debian it installs those that are absent, and starts none of their services;
# elsewhere it says what to install. It never fails: the tests that need one then say so and skip.
set -u

say() { echo "tools: $*"; }

missing=""
want() { # command, Debian package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
want promtool prometheus
want amtool prometheus-alertmanager
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"

if [ -z "$missing" ]; then
    exit 0
fi
if [ ! -e /etc/debian_version ] || ! command -v apt-get >/dev/null 2>&1; then
    say "absent:$missing (Debian's names); install them, or the tests that need them are skipped"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    say "absent:$missing; run: sudo apt-get install --no-install-recommends$missing"
    exit 0
fi

# Debian starts a daemon as it is installed, unless this file says no (101: forbidden by policy).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi

say "installing$missing with apt-get, without starting them"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
# shellcheck disable=SC2086  # one word for each package
if { apt-get -q update && apt-get -q install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    say "installed"
    if [ -d /run/systemd/system ]; then # nor at the next start of the machine
        systemctl -q disable prometheus prometheus-alertmanager 2>/dev/null
    fi
else
    tail -n 5 "$log" | sed 's/^/tools: /'
    say "could not install$missing; the tests that need them are skipped"
fi
rm -f "$log"
exit 0
