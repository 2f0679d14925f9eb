#!/bin/sh
# Installs the packages of tools/packages.txt that are missing; says what it does and how long.
# Usage: tools/install.sh [SECTION...]   (all sections without an argument)
set -eu

here=$(dirname "$0")
policy=/usr/sbin/policy-rc.d
saved=$policy.mortise-saved
started=$(date +%s)

say() { printf '%s\n' "install: $*"; }

wanted() {
  sections=${*:-build run test}
  while read -r section package _; do
    case " $sections " in *" $section "*) printf '%s\n' "$package" ;; esac
  done < "$here/packages.txt" | sort -u
}

missing() {
  wanted "$@" > "$list"
  # One question for all of them; dpkg-query fails when one is unknown, and that is no error here.
  # shellcheck disable=SC2016,SC2094  # dpkg's own format; the list is only read
  xargs dpkg-query -W -f '${db:Status-Status} ${Package}\n' < "$list" 2>/dev/null |
    sed -n 's/^installed //p' | sort -u | comm -13 - "$list" || true
}

# Packages with daemons (redis, nginx) must not start them: Debian asks policy-rc.d first. What was
# there before comes back, also after an interruption.
forbid_services() {
  restore_services
  if $root test -e "$policy" || $root test -L "$policy"; then $root mv "$policy" "$saved"; fi
  printf '#!/bin/sh\n# mortise install\nexit 101\n' | $root tee "$policy" > /dev/null
  $root chmod 755 "$policy"
}

restore_services() {
  if $root test -e "$saved" || $root test -L "$saved"; then
    $root mv -f "$saved" "$policy"
  elif $root grep -qs '^# mortise install$' "$policy"; then
    $root rm -f "$policy"
  fi
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
needed=$(missing "$@")
# shellcheck disable=SC2086  # one word per package
set -- $needed
if [ $# -eq 0 ]; then
  say "all $(wc -l < "$list") packages are there"
  exit 0
fi

root=
if [ "$(id -u)" -ne 0 ]; then
  root=sudo
  if ! command -v sudo > /dev/null; then
    say "these packages are missing, and only root can install them: $*" >&2
    say "as root: apt-get install -y --no-install-recommends $*" >&2
    exit 1
  fi
fi
if ! command -v apt-get > /dev/null; then
  say "no apt-get here: Mortise is built on Debian 12. Missing: $*" >&2
  exit 1
fi

say "$# packages to install: $*"
forbid_services
trap 'restore_services; rm -f "$list"' EXIT
trap 'exit 130' INT TERM HUP

apt() { $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@"; }

apt update
say "package lists read after $(($(date +%s) - started)) s"
apt -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
say "done after $(($(date +%s) - started)) s"
