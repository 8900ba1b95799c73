# Sourced by the scripts beside it: where the repository is, how they speak, and --help.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# say TEXT...: one line that tells what happens next.
say() { printf '== %s\n' "$*"; }

# die TEXT...: what was wrong and what to do; exit code 1.
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# The comment at the top of the calling script is its help.
help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# misuse TEXT...: a wrong argument; exit code 2.
misuse() { printf '%s: %s (see %s --help)\n' "${0##*/}" "$*" "$0" >&2; exit 2; }
