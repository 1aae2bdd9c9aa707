#!/usr/bin/env bash
# Installs Studio Appliance into this folder. Safe to run again: each step looks before it acts, and
# mends what is missing. Every option: ./install.sh --help; the whole guide: appliance/docs/operating.md
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
VENV="$HERE/.venv"
PY="$VENV/bin/python"
APPLIANCE="$VENV/bin/appliance"
LOCK="$HERE/.lock"
BUNDLE="$HERE/.bundle"
PIP_LOG="$VENV/pip.log"
REMEMBERED="$VENV/torch-choice"
TORCH_BUILDS=https://download.pytorch.org/whl
UNITS=/etc/systemd/system
SERVICE_USER=studio-appliance

usage() {
  cat <<'END'
./install.sh             install into this folder, or mend an installation
./install.sh --demo      install, then send a product photo through the appliance and show the result
./install.sh --test      install, with the test tools; then linters, types and tests
./install.sh --test-all  as --test, and the long suites after it
./install.sh --service   install, then run under systemd, from boot on, as a user of its own (needs root)
./install.sh --offline FILE
                         install from a bundle (appliance bundle create), without a network; --demo,
                         --test and --service go with it
./install.sh --uninstall [--purge] [--yes]
                         take away the service and .venv; --purge: data/ and downloaded models too

  --cpu                  use no GPU, even where there is one (remembered)
  --torch FILE|INDEX     take torch from a wheel, a folder of wheels or a package index (remembered);
                         --torch auto forgets what --cpu and --torch asked for earlier
  --no-system            never call apt; say what is missing instead
  --service --print DIR  only write the systemd units to DIR
  --collect DIR          fetch the wheels and .deb files of this installation into DIR, for a bundle
  --yes                  do not ask
  --help                 this

PYTHON=/usr/bin/python3.12 ./install.sh chooses the Python. pip's own settings (PIP_INDEX_URL,
PIP_FIND_LINKS, PIP_NO_INDEX, pip.conf …) are honoured. For Debian 12 and 13, Ubuntu 22.04 and 24.04.
END
}

# ── Telling what goes on ─────────────────────────────────────────────────────────────────────────

STEP="" STEP_NUMBER=0 STEP_TOTAL=9 HINT="" BEAT=""

step() { # TITLE HINT: announce a step; the hint is shown if it fails
  STEP="$1" HINT="$2" STEP_NUMBER=$((STEP_NUMBER + 1))
  printf '\n[%d/%d] %s\n' "$STEP_NUMBER" "$STEP_TOTAL" "$STEP"
}

say() { printf '      %s\n' "$@"; }

die() { # SENTENCE…: stop, saying why
  printf '\n' >&2
  printf '%s\n' "$@" >&2
  exit 1
}

ended() { # at exit: which step failed, and what to do
  local status=$?
  trap - EXIT
  stop_heartbeat
  rm -rf "$VENV/tmp"
  if ((status)) && [[ -n $STEP ]]; then
    printf '\nStopped in step [%d/%d] %s\n' "$STEP_NUMBER" "$STEP_TOTAL" "$STEP" >&2
    ((status < 130)) || HINT="run ./install.sh again; it goes on from here"
    if network_failed; then printf 'This step needs the network, and the network was not reachable.\n' >&2; fi
    printf 'What to do: %s\n' "$HINT" >&2
  fi
  exit "$status"
}

network_failed() {
  local signs='Name or service not known|Temporary failure in name resolution|Network is unreachable'
  signs+='|Failed to establish a new connection|Connection refused|ConnectTimeout|timed out|ProxyError'
  [[ -s $PIP_LOG ]] && grep -qE "$signs" "$PIP_LOG"
}

alive() { # COMMAND…: run it; off a terminal, where no progress bar is drawn, tell every 15 s that it lives
  local status=0
  [[ -t 1 ]] || { heartbeat & BEAT=$!; }
  "$@" || status=$?
  stop_heartbeat
  return "$status"
}

heartbeat() {
  local began=$SECONDS
  # The sleep outlives a stopped heartbeat: it must not keep our output open.
  while sleep 15 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    say "… $((SECONDS - began)) s, .venv has $(size_mb "$VENV") MB" >&2
  done
}

stop_heartbeat() {
  [[ -n $BEAT ]] || return 0
  kill "$BEAT" 2>/dev/null || true
  wait "$BEAT" 2>/dev/null || true
  BEAT=""
}

size_mb() { # PATH: its size on disk, 0 where there is nothing
  local size
  size="$(du -sm "$1" 2>/dev/null | cut -f1)" || true
  printf '%d' "${size:-0}"
}

at_least() { # VERSION MINIMUM
  [[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" == "$2" ]]
}

# ── The system's packages ────────────────────────────────────────────────────────────────────────

can_apt() { # whether apt can be used without asking anybody anything
  ((!NO_SYSTEM)) && command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }
}

apt_install() { # PACKAGE…
  local -a as_root=() install=(apt-get install -y --no-install-recommends "$@")
  HINT="run this as root, then ./install.sh again:  ${install[*]}"
  [[ -z $OFFLINE ]] || HINT="as root:  APT_CONFIG='$APT_CONFIG' ${install[*]}  Then again: ./install.sh --offline $OFFLINE"
  ((!NO_SYSTEM)) || die "Missing from the system: $*. --no-system was given, so nothing was installed."
  command -v apt-get >/dev/null || die "Missing from the system: $*. There is no apt-get here."
  [[ -z $OFFLINE || -n $APT_CONFIG ]] || no_packages_in_bundle "$@"
  if ((EUID)); then
    can_apt || { [[ -t 0 ]] && command -v sudo >/dev/null; } || die "Missing from the system: $*"
    as_root=(sudo)
  fi
  say "apt installs $*"
  as_root+=(env DEBIAN_FRONTEND=noninteractive ${APT_CONFIG:+"APT_CONFIG=$APT_CONFIG"})
  "${as_root[@]}" apt-get update -qq || say "apt-get update failed; trying with the lists there are"
  if [[ -t 1 ]]; then
    "${as_root[@]}" "${install[@]}"
  else
    alive "${as_root[@]}" "${install[@]}" -qq -o Dpkg::Use-Pty=0 >/dev/null
  fi
}

need() { # PACKAGE TEST…: name the package where the test fails; in a bundle belong all
  { ((!COLLECTING)) && "${@:2}" >/dev/null; } || echo "$1"
}

has_library() { [[ $(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p) == *"$1 ("* ]]; }

wanted_packages() { # what is missing, one package a line. What each is for: operating.md, "Packages"
  need libxcb1 has_library libxcb.so.1
  need libgl1 has_library libGL.so.1
  need libglib2.0-0 has_library libgthread-2.0.so.0
  need ffmpeg command -v ffprobe
  if [[ $TARGET != cpu ]] && { ((COLLECTING)) || has_card; }; then wanted_for_compile; fi
}

wanted_for_compile() { # torch.compile builds its GPU kernels' launchers with a C++ compiler and Python.h
  need g++ command -v g++
  need "$("$PYTHON" -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])')" has_headers
}

has_headers() {
  "$PYTHON" -c 'import pathlib, sysconfig
raise SystemExit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())'
}

wanted_for_tests() {
  command -v shellcheck >/dev/null || echo shellcheck
  command -v systemd-analyze >/dev/null || echo systemd
  if ((TEST == 2)); then command -v debootstrap >/dev/null || echo debootstrap; fi
}

system_packages() {
  local -a wanted tools=()
  mapfile -t wanted < <(wanted_packages)
  if ((TEST)); then mapfile -t tools < <(wanted_for_tests); fi
  if ((${#tools[@]})) && { [[ -n $OFFLINE ]] || ! can_apt; }; then
    say "Without ${tools[*]}, the tests that need them are skipped."
    tools=()
  fi
  wanted+=("${tools[@]}")
  if ((${#wanted[@]} == 0)); then say "all there"; else apt_install "${wanted[@]}"; fi
}

# ── A bundle: everything in one file, for a machine without a network ────────────────────────────

open_bundle() { # check FILE, lay its packages out in .bundle, and send pip and apt there
  check_bundle
  say "it is whole; laying out its packages"
  tar -xf "$OFFLINE" -C "$BUNDLE" --no-same-owner --exclude=studio-appliance --exclude=models
  [[ $(fact machine) == "$(uname -m)" ]] || die "This bundle is for $(fact machine), and this machine is $(uname -m)."
  same_lock || die "This bundle is of version $(fact version), whose packages are not those this folder asks for." \
    "It brings its own source: tar -xf $OFFLINE studio-appliance"
  BUNDLE_PYTHON="$(fact python)"
  # pip's own settings may name folders and indexes that are not here.
  export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS="file://${BUNDLE// /%20}/wheels"
  APT_CONFIG=""
  if [[ -s $BUNDLE/debs/Packages && $(fact system) == "$(this_system)" ]]; then apt_from_bundle; fi
  say "version $(fact version), made $(fact made) on $(fact system): Python $BUNDLE_PYTHON, torch for $(fact torch)"
}

fact() { # NAME: what the bundle says of itself
  sed -n "s/^$1 = \"\(.*\)\"$/\1/p" "$BUNDLE/bundle.toml"
}

check_bundle() { # every member against its digest, reading the file through once
  local size free wrong status=0
  [[ -r $OFFLINE ]] || die "--offline $OFFLINE: there is no such file, or it may not be read."
  rm -rf "$BUNDLE"
  mkdir "$BUNDLE"
  tar -xf "$OFFLINE" -C "$BUNDLE" --occurrence=1 SHA256SUMS 2>/dev/null ||
    die "$OFFLINE is not a bundle, or its beginning is damaged: there is no SHA256SUMS in it."
  size="$(size_mb "$OFFLINE")"
  free="$(df -Pm "$HERE" | awk 'NR == 2 { print $4 }')"
  ((free > size)) || die "Too little disk space: laying out this bundle may take $size MB in $HERE, and $free MB are free."
  say "checking $size MB"
  # tar starts a shell for each member, and one for each gigabyte; those expand what is quoted here.
  # shellcheck disable=SC2016
  tar -xf "$OFFLINE" --exclude=SHA256SUMS \
    --to-command='sum="$(sha256sum)" && echo "${sum%% *}  $TAR_FILENAME"' \
    --checkpoint=100000 --checkpoint-action='exec=echo "      … $((TAR_CHECKPOINT / 100000)) GB" >&3' \
    3>&1 >"$BUNDLE/found" 2>"$BUNDLE/says" || status=$?
  wrong="$(LC_ALL=C sort "$BUNDLE/SHA256SUMS" "$BUNDLE/found" | LC_ALL=C uniq -u | cut -c 67- | LC_ALL=C sort -u)"
  [[ -n $wrong ]] || ((status)) || return 0
  HINT="copy it again from where it was made; appliance bundle verify FILE checks it there"
  die "$OFFLINE is damaged or cut off. Not as they were packed, $(wc -l <<<"$wrong") in all:" \
    "$(head -n 10 <<<"${wrong:-$(<"$BUNDLE/says")}")"
}

same_lock() { # whether the bundle was made from this lock
  (cd "$HERE" && sed -n 's|  studio-appliance/\(\.lock/.*\.txt\)$|  \1|p' "$BUNDLE/SHA256SUMS" | sha256sum --check --status)
}

private_apt() { # FOLDER: settings that keep apt's lists and downloads there
  mkdir -p "$1/lists/partial" "$1/archives/partial"
  printf '%s "%s";\n' Dir::State::lists "$1/lists" Dir::Cache "$1" APT::Sandbox::User root >"$1/apt.conf"
}

apt_from_bundle() { # the folder of .deb files as apt's only source: it takes what is missing, and nothing older
  private_apt "$BUNDLE/apt"
  echo "deb [trusted=yes] file:${BUNDLE// /%20}/debs ./" >"$BUNDLE/apt/sources.list"
  printf '%s "%s";\n' Dir::Etc::SourceList "$BUNDLE/apt/sources.list" Dir::Etc::SourceParts /dev/null >>"$BUNDLE/apt/apt.conf"
  export APT_CONFIG="$BUNDLE/apt/apt.conf"
  apt-get update -qq # needs no root: the lists are our own
}

no_packages_in_bundle() { # PACKAGE…
  HINT="install them from this system's own media, then again: ./install.sh --offline $OFFLINE"
  die "Missing from the system: $*. The bundle has packages for $(fact system) only, and this is $(this_system)."
}

collect() { # FOLDER: fetch what --offline needs besides models and source, and say what machine it is for
  local python
  STEP_TOTAL=2 COLLECTING=1 PYTHON="$PY"
  read -r _ TARGET < <(installed_torch) || die "Nothing is installed here that could be packed: ./install.sh first."
  mkdir -p "$1/wheels" "$1/debs" "$VENV/tmp"
  step "Wheels of the lock" "read the end of .venv/pip.log; the index must be reached that this was installed from"
  collect_wheels "$1/wheels"
  step "Packages of $(this_system)" "apt-get update says more"
  collect_debs "$1/debs"
  python="$("$PY" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
  compgen -G "$1/debs/python$python-minimal_*" >/dev/null ||
    say "Not in the bundle: Python $python, for which its wheels are. The other machine must have it."
  printf '%s = "%s"\n' system "$(this_system)" machine "$(uname -m)" python "$python" torch "$TARGET" >"$1/facts.toml"
}

collect_wheels() { # FOLDER: the whole lock, that of the tests too, and torch as it is installed here
  local -a pip=(--dest "$1" --only-binary :all:)
  run_pip download "${pip[@]}" --no-deps -r "$LOCK/pip.txt" -r "$LOCK/base.txt" -r "$LOCK/dev.txt"
  choose_source
  [[ $CHOICE != /* ]] || pip+=(--find-links "${CHOICE%/*.whl}")
  run_pip download "${pip[@]}" --find-links "$1" --constraint "$LOCK/base.txt" "${SOURCE[@]}"
  say "$(find "$1" -name '*.whl' | wc -l) wheels, $(size_mb "$1") MB"
}

collect_debs() { # FOLDER: what apt may ever be asked for, as a system with nothing at all would need it
  local deb name system apt="$VENV/tmp/apt"
  local -a packages
  system="$(this_system)"
  mapfile -t packages < <(wanted_packages)
  # shellcheck disable=SC2207
  packages+=($(python_packages "${system% *}" "${system#* }")) || true
  command -v apt-get >/dev/null || {
    say "No apt-get here: the bundle carries none. The other machine must have: ${packages[*]}"
    return 0
  }
  rm -rf "$apt"
  private_apt "$apt"
  : >"$apt/status"
  printf '%s "%s";\n' Dir::State::status "$apt/status" Debug::NoLocking true >>"$apt/apt.conf"
  APT_CONFIG="$apt/apt.conf" apt-get update -qq
  APT_CONFIG="$apt/apt.conf" alive apt-get install -qq -y --download-only --no-install-recommends "${packages[@]}" >/dev/null
  for deb in "$apt"/archives/*.deb; do
    name="${deb##*/}"
    mv "$deb" "$1/${name/\%3a/_}" # in a file: source %3a, an epoch's colon, would be read as one
  done
  index_debs "$1" >"$1/Packages"
  say "${packages[*]} and what they need: $(find "$1" -name '*.deb' | wc -l) packages"
}

index_debs() { # FOLDER: the list that makes it a source for apt
  local deb
  for deb in "$1"/*.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %d\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s "$deb")" "$(sha256sum <"$deb" | cut -c -64)"
  done
}

# ── Python ───────────────────────────────────────────────────────────────────────────────────────

fits() { # PYTHON: 3.11 to 3.14, the versions that every pinned package has wheels for; of a bundle, its own
  "$1" -c 'import sys
here = sys.version_info[:2]
raise SystemExit(not (3, 11) <= here <= (3, 14) or sys.argv[1] not in ("", "%d.%d" % here))' "$BUNDLE_PYTHON" 2>/dev/null
}

version_of() { "$1" -c 'import platform; print(platform.python_version())'; }

find_python() { # the first Python that fits and can make a virtual environment
  local name
  local -a names=(python3 python3.11 python3.12 python3.13 python3.14)
  [[ -z $PYTHON_ASKED ]] || names=("$PYTHON_ASKED")
  for name in "${names[@]}"; do
    if fits "$name" && "$name" -c 'import ensurepip, venv' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

python_packages() { # DISTRIBUTION VERSION: the packages that give Python 3.11 or newer; none known: fail
  case "$1 $2" in
    "ubuntu 22.04") echo python3.11 python3.11-venv ;; # in its section universe
    ubuntu\ *) at_least "$2" 23.04 && echo python3 python3-venv ;;
    debian\ *) at_least "${2:-99}" 12 && echo python3 python3-venv ;; # testing has no number
    *) return 1 ;;
  esac
}

this_system() { # such as "debian 12"; testing has no number
  # shellcheck source=/dev/null
  (. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
}

get_python() {
  local packages system
  system="$(this_system)"
  if packages="$(python_packages "${system% *}" "${system#* }")"; then
    say "no Python from 3.11 to 3.14 with its venv module here; this system has one in: $packages"
    # shellcheck disable=SC2086
    apt_install $packages
    PYTHON="$(find_python)" && return
  fi
  HINT="install Python 3.11, 3.12, 3.13 or 3.14 with its venv module, or name one: PYTHON=/path/to/python3.11 ./install.sh"
  [[ -z $BUNDLE_PYTHON ]] || die "This bundle is for Python $BUNDLE_PYTHON, and there is none with its venv module here."
  die "No Python from 3.11 to 3.14 with its venv module was found."
}

find_or_get_python() {
  if [[ -z $PYTHON_ASKED ]] && venv_is_sound; then
    PYTHON="$PY"
  elif [[ -n $PYTHON_ASKED ]]; then
    PYTHON="$(find_python)" || die "PYTHON=$PYTHON_ASKED is not a Python from 3.11 to 3.14 with its venv module."
  else
    PYTHON="$(find_python)" || get_python
  fi
  say "Python $(version_of "$PYTHON"), $PYTHON"
}

venv_is_sound() { # made here, runs, and is of the Python asked for
  grep -qsF -- "-m venv $VENV" "$VENV/pyvenv.cfg" && fits "$PY" && "$PY" -m pip --version >/dev/null 2>&1 &&
    { [[ -z $PYTHON_ASKED ]] || [[ $(version_of "$PY") == "$(version_of "$PYTHON_ASKED")" ]]; }
}

make_venv() {
  if ! venv_is_sound; then
    [[ ! -e $VENV ]] || say "the .venv here is broken, was moved or is of another Python: making it anew"
    rm -rf "$VENV"
    "$PYTHON" -m venv "$VENV"
  fi
  mkdir -p "$VENV/tmp"
  install_pins "$LOCK/pip.txt"
}

# pip unpacks downloads in TMPDIR: beside .venv there is room (checked), in a small /tmp there may be none.
run_pip() { # install|download ARGUMENT…
  local -a shown=(--progress-bar on)
  [[ -t 1 ]] || shown=(-qq --progress-bar off)
  : >"$PIP_LOG"
  TMPDIR="${TMPDIR:-$VENV/tmp}" PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    alive "$PY" -m pip "$1" --log "$PIP_LOG" "${shown[@]}" "${@:2}" || return
  rm -f "$PIP_LOG"
}

missing() { # LOCK|PIN…: the pins that are not installed, or not whole
  "$PY" "$LOCK/missing.py" "$@"
}

install_pins() { # LOCK…: what is missing of them. They are the whole closure: pip must neither add nor change any
  local found
  local -a pins
  found="$(missing "$@")"
  if [[ -z $found ]]; then
    say "all in place"
    return
  fi
  mapfile -t pins <<<"$found"
  say "to install: ${#pins[@]}"
  run_pip install --no-deps --force-reinstall "${pins[@]}"
}

# ── The machine: GPU and disk ────────────────────────────────────────────────────────────────────

choose_target() { # sets TARGET: cpu, a CUDA build such as cu130, or "given" where --torch decides
  local cards
  case "$CHOICE" in
    cpu) TARGET=cpu && say "no GPU is used: --cpu" ;;
    auto)
      if cards="$(nvidia-smi --query-gpu=driver_version,compute_cap,name --format=csv,noheader 2>&1)"; then
        choose_build "$cards"
      else
        without_driver "$cards"
      fi
      ;;
    *) TARGET=given && say "torch comes from $CHOICE" ;;
  esac
  if [[ -n $OFFLINE ]]; then match_bundle; fi
}

match_bundle() { # the bundle's torch must serve this machine; one for CUDA serves a machine without a card too
  local torch
  torch="$(fact torch)"
  case "$TARGET:$torch" in
    "$torch:$torch") ;;
    cpu:cu*) [[ $CHOICE == auto ]] && TARGET=given CHOICE="$BUNDLE/wheels" ;;
    *) false ;;
  esac || {
    HINT="make a bundle on a machine that is like this one"
    [[ $torch != cpu ]] || HINT+=", or go on without the GPU: ./install.sh --offline $OFFLINE --cpu"
    die "The torch of this bundle is the build $torch; what is asked for here is $TARGET."
  }
}

choose_build() { # CARDS: lines of "driver, capability, name"
  local driver capability name
  IFS=, read -r driver capability name < <(sort -t, -k2,2Vr <<<"$1")
  TARGET="$(cuda_build_for "$driver" "${capability// /}")" || {
    HINT="update the NVIDIA driver and restart the machine, or go on without the GPU: ./install.sh --cpu"
    die "The GPU cannot be used:${name} (compute capability${capability}) with driver $driver." \
      "torch needs at least one of these lines of .lock/cuda.txt:" "$(grep -A9 '^# build' "$LOCK/cuda.txt")"
  }
  say "GPU${name}, driver $driver: CUDA build $TARGET"
}

cuda_build_for() { # DRIVER CAPABILITY: the build of .lock/cuda.txt for it; none: fail
  local build driver from below
  while read -r build driver from below; do
    if [[ $build == cu* ]] && at_least "$1" "$driver" && at_least "$2" "$from" && ! at_least "$2" "$below"; then
      echo "$build"
      return
    fi
  done <"$LOCK/cuda.txt"
  return 1
}

without_driver() { # WORDS of nvidia-smi: no card at all is fine, a card without a working driver is not
  if nvidia_card_on_bus /sys/bus/pci/devices; then
    HINT="mend the driver ($(driver_advice)), or go on without the GPU: ./install.sh --cpu"
    die "There is an NVIDIA card in this machine, but it cannot be used. nvidia-smi says:" "$1"
  fi
  TARGET=cpu
  say "no NVIDIA card: torch for the CPU"
  if command -v nvidia-smi >/dev/null; then say "(nvidia-smi is here, but says: ${1%%$'\n'*})"; fi
}

has_card() { nvidia-smi -L >/dev/null 2>&1 || nvidia_card_on_bus /sys/bus/pci/devices; }

nvidia_card_on_bus() { # FOLDER of PCI devices: vendor 10de, class 03 (display)
  local device
  for device in "$1"/*; do
    if [[ $(cat "$device/vendor" 2>/dev/null) == 0x10de && $(cat "$device/class" 2>/dev/null) == 0x03* ]]; then
      return 0
    fi
  done
  return 1
}

driver_advice() {
  if ! compgen -G '/dev/nvidia[0-9]*' >/dev/null && [[ -e /.dockerenv || -e /run/.containerenv ]]; then
    echo "this is a container: start it with the GPU handed in, as with docker run --gpus all"
  elif command -v ubuntu-drivers >/dev/null; then
    echo "sudo ubuntu-drivers install, then restart"
  else
    echo "Debian: sudo apt install nvidia-driver, from the section non-free; then restart"
  fi
}

check_disk() {
  local need free
  case "$TARGET:$CHOICE" in cpu:* | *+cpu*) need=2300 ;; *) need=7000 ;; esac
  need=$((need - $(size_mb "$VENV")))
  [[ -z $(wanted_packages) ]] || need=$((need + 700))
  ((need >= 300)) || need=300
  free="$(df -Pm "$HERE" | awk 'NR == 2 { print $4 }')"
  HINT="make room, or move this folder to a larger disk"
  ((free >= need)) || die "Too little disk space: this needs about $need MB in $HERE, and $free MB are free."
  say "disk: $free MB free, about $need MB needed"
}

# ── torch ────────────────────────────────────────────────────────────────────────────────────────

installed_torch() { # "VERSION FLAVOUR": 2.13.0+cu130 cu130; read without importing it
  "$PY" - 2>/dev/null <<'END'
from importlib.metadata import distribution
from runpy import run_path
torch = distribution("torch")
facts = run_path(str(torch.locate_file("torch/version.py")))
cuda = facts["cuda"]
print(torch.version, "cu" + cuda.replace(".", "") if cuda else "hip" if facts.get("hip") else "cpu")
END
}

torch_is_in_place() {
  local version flavour
  version="$(installed_torch)" || return 1
  read -r version flavour <<<"$version"
  [[ -z $(missing "torch==$version") ]] || return 1
  case "$CHOICE" in
    auto | cpu) [[ ${version%%+*} == "$PIN" && $flavour == "$TARGET" ]] ;;
    *) [[ -s $REMEMBERED && $(<"$REMEMBERED") == "$CHOICE $PIN" ]] ;;
  esac
}

brings_cuda() { # whether plain torch, as pip is set up here, comes with NVIDIA's packages
  local report
  report="$("$PY" -m pip install -qq --dry-run --ignore-installed --report - "torch==$PIN" 2>/dev/null)" || return 1
  [[ $report == *'"name": "nvidia-'* ]]
}

choose_source() { # sets SOURCE: pip's arguments for torch alone
  case "$CHOICE" in
    *.whl) SOURCE=("$CHOICE") ;;
    *://*) SOURCE=(--index-url "$CHOICE" "torch<=$PIN") ;;
    /*) SOURCE=(--no-index --find-links "$CHOICE" "torch<=$PIN") ;;
    *)
      # A local wheel or a mirror's CPU build wins; PyPI's own Linux wheel is for CUDA, 5 GB too large for a CPU.
      SOURCE=("torch==$PIN")
      if [[ $TARGET != cpu ]] || brings_cuda; then
        SOURCE=(--extra-index-url "$TORCH_BUILDS/$TARGET" "torch==$PIN+$TARGET")
      fi
      ;;
  esac
}

install_torch() {
  if torch_is_in_place; then
    say "in place: torch $(installed_torch)"
  else
    choose_source
    say "torch from: ${SOURCE[*]}"
    rm -f "$REMEMBERED"
    run_pip install --no-deps --force-reinstall "${SOURCE[@]}"
  fi
  if torch_lacks_packages; then install_what_torch_needs; fi
  if [[ $CHOICE == auto ]]; then rm -f "$REMEMBERED"; else echo "$CHOICE $PIN" >"$REMEMBERED"; fi
  prove_torch
}

torch_lacks_packages() { [[ $'\n'$("$PY" -m pip check 2>/dev/null) == *$'\n'"torch "*" requires "* ]]; }

install_what_torch_needs() { # NVIDIA's packages and triton in the versions torch names, the rest as locked
  local version
  local -a from=()
  case "$CHOICE" in
    *://*) from=(--extra-index-url "$CHOICE") ;;
    /*) from=(--find-links "${CHOICE%/*.whl}") ;;
  esac
  read -r version _ <<<"$(installed_torch)"
  run_pip install --constraint "$LOCK/base.txt" "${from[@]}" "torch==$version"
}

prove_torch() { # run a kernel where the work will be done
  local device=cpu words
  # A CUDA build from --torch serves a machine without a card as well.
  if [[ $TARGET == cu* ]] || { [[ $(installed_torch) != *" cpu" ]] && has_card; }; then device=cuda; fi
  if words="$("$PY" -c 'import sys, torch
total = torch.ones(8, device=sys.argv[1]).sum().item()
assert total == 8, total
print(torch.__version__, "works on", torch.cuda.get_device_name() if sys.argv[1] == "cuda" else "the CPU")' "$device" 2>&1)"; then
    say "torch ${words##*$'\n'}"
    return
  fi
  if [[ $device == cpu ]]; then die "torch does not run:" "$words"; fi
  HINT="mend this, or go on without the GPU: ./install.sh --cpu"
  die "torch is installed, but cannot use the GPU: $(device_reason)" "${words##*$'\n'}"
}

device_reason() { # why a card that nvidia-smi sees may not be usable
  local device
  for device in /dev/nvidia[0-9]* /dev/nvidiactl /dev/nvidia-uvm; do
    if [[ ! -e $device ]]; then
      echo "there is no ${device/\[0-9\]\*/0} (sudo nvidia-modprobe -u -c 0 makes it; a container must be started with the GPU handed in)."
      return
    elif [[ ! -r $device || ! -w $device ]]; then
      echo "$(id -un) may not open $device (sudo usermod -aG $(stat -c %G "$device") $(id -un), then sign in again)."
      return
    fi
  done
  echo "running a kernel failed."
}

# ── The appliance itself ─────────────────────────────────────────────────────────────────────────

install_appliance() {
  # setuptools warns of every editable installation; the setuptools in .venv is pinned, so nothing is fetched.
  PYTHONWARNINGS=ignore run_pip install --quiet --no-deps --no-build-isolation --editable "$HERE"
  "$PY" -m pip check >"$VENV/tmp/check" || die "The packages in .venv do not fit together:" "$(<"$VENV/tmp/check")"
  # What the system's libraries are for: these fail to load without them.
  "$PY" -c 'import cv2, PIL.Image, pillow_heif, resvg_py'
}

appliance() { # COMMAND…: as the owner of data/: what root made there, a service could not read
  local owner=root
  [[ ! -d $HERE/data ]] || owner="$(stat -c %U "$HERE/data")"
  if ((EUID == 0)) && [[ $owner != root ]]; then
    runuser -u "$owner" -- "$APPLIANCE" "$@"
  else
    "$APPLIANCE" "$@"
  fi
}

install_everything() {
  if [[ -n $OFFLINE ]]; then
    step "Bundle" "mend what is said above, then again: ./install.sh --offline $OFFLINE"
    open_bundle
  fi
  step "Python" "PYTHON=/path/to/python3.11 ./install.sh names one"
  find_or_get_python
  step "This machine" "./install.sh --cpu takes no notice of a GPU"
  choose_target
  check_disk
  step "System libraries" "run the apt-get line above by hand and read what it says"
  system_packages
  local pip_hint="read the end of .venv/pip.log. Without a network: a folder of wheels does as well (PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER ./install.sh)"
  [[ -z $OFFLINE ]] || pip_hint="read the end of .venv/pip.log; appliance bundle verify $OFFLINE, where it was made"
  step "Virtual environment (.venv)" "$pip_hint"
  make_venv
  step "torch$(size_of_torch)" "$(torch_hint "$pip_hint")"
  install_torch
  step "Python packages (about 0.7 GB)" "$pip_hint"
  if ((TEST)); then install_pins "$LOCK/base.txt" "$LOCK/dev.txt"; else install_pins "$LOCK/base.txt"; fi
  step "The appliance" "if a package is named above: rm -rf .venv, then ./install.sh"
  install_appliance
  step "Starter models" "$APPLIANCE models install --starter says more"
  if [[ -n $OFFLINE ]]; then appliance bundle install "$OFFLINE"; fi
  appliance models install --starter
  step "Secrets, database, first account" "$APPLIANCE doctor says more"
  appliance init
}

size_of_torch() {
  case "$TARGET" in cpu) echo " (about 0.8 GB)" ;; cu*) echo " (about 5 GB)" ;; esac
}

torch_hint() { # HINT for the usual case
  if [[ $TARGET == given ]]; then
    echo "--torch takes a torch wheel for Python $(version_of "$PYTHON") on $(uname -m), a folder with one, or an index that has torch $PIN or older; --torch auto goes back to the usual one"
  elif [[ $TARGET == cpu ]]; then
    echo "$1. Where only PyPI is reached, its build for CUDA serves a CPU too, at 5 GB: ./install.sh --torch INDEX, naming the simple index of PyPI"
  else
    echo "$1"
  fi
}

# ── What may follow ──────────────────────────────────────────────────────────────────────────────

run_demo() {
  step "Demonstration" "$APPLIANCE doctor says more"
  appliance demo
}

check_part() { # TITLE COMMAND…
  local began=$SECONDS title="$1"
  shift
  step "$title" "mend what is named above; this part alone: $*"
  "$@"
  # pytest's own summary stays the last line
  [[ $title == Tests* ]] || say "$title: $((SECONDS - began)) s"
}

run_tests() {
  cd "$HERE"
  local bin=.venv/bin
  check_part "Lint" $bin/ruff check .
  check_part "Layout" $bin/ruff format --check .
  check_part "Floors" $bin/lint-imports
  check_part "Types" $bin/mypy
  # Two at a time: most of the suite waits for processes of its own to start, work and die.
  check_part "Tests" $bin/pytest -n 2 --dist loadfile --no-loadscope-reorder
  if ((TEST == 2)); then check_part "Tests, the long suites" $bin/pytest -m "slow or browser or install"; fi
}

# ── systemd ──────────────────────────────────────────────────────────────────────────────────────

write_units() { # FOLDER: the units of .systemd/ for this machine
  local unit
  [[ $HERE != *[[:space:]%\"\\\|]* ]] || die "systemd cannot name this folder safely; move it to a plain path: $HERE"
  for unit in web worker; do
    cat "$HERE/.systemd/appliance-$unit.service" "$HERE/.systemd/process.conf" | fill_in >"$1/appliance-$unit.service"
  done
  # One more for each GPU but the first, such as appliance-worker@1.service.
  sed 's|^Description=.*|& of GPU %i|; s|^ExecStart=.*|& --gpu %i|' "$1/appliance-worker.service" >"$1/appliance-worker@.service"
  fill_in <"$HERE/.systemd/appliance.target" >"$1/appliance.target"
  if command -v nvidia-smi >/dev/null; then cp "$HERE/.systemd/appliance-gpu.service" "$1"; fi
}

service_units() { # the web's, the first worker's, and one for each further GPU that settings name
  local gpu
  printf '%s\n' appliance-web.service appliance-worker.service
  for gpu in $(further_gpus); do echo "appliance-worker@$gpu.service"; done
}

further_gpus() {
  "$PY" -c 'import sys
from pathlib import Path
from appliance.adapters.config import load_settings
print(*load_settings(Path(sys.argv[1]), {}).worker.gpus[1:])' "$HERE"
}

enabled_workers() { # those of further GPUs
  find "$UNITS" -path '*.wants/appliance-worker@*.service' -printf '%f\n'
}

fill_in() {
  local home=yes groups back_off=""
  # "yes" hides /home and /root whole, so it cannot be where the appliance lies there itself.
  [[ $HERE != /home/* && $HERE != /root/* ]] || home=read-only
  groups="$(getent group video render | cut -d: -f1 | paste -sd' ')" || true
  # Growing pauses between restarts; systemd has them from 254 on.
  if (("$(systemd_version)" >= 254)); then back_off='RestartSteps=6\nRestartMaxDelaySec=60'; fi
  sed -e "s|@HERE@|$HERE|g; s|@USER@|$SERVICE_USER|g; s|@PROTECT_HOME@|$home|" \
    -e "s|@GPU_GROUPS@|$groups|; s|@BACK_OFF@|$back_off|"
}

systemd_version() { # 0 where there is none
  local words
  words="$(systemctl --version 2>/dev/null)" && [[ $words =~ ^systemd\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}" || echo 0
}

install_service() {
  step "Service" "journalctl -u appliance-web -u appliance-worker says more"
  [[ -d /run/systemd/system ]] || die "This system is not run by systemd. Start the appliance with: $APPLIANCE start"
  ((EUID == 0)) || die "A service is set up by root: sudo $HERE/install.sh --service"
  id "$SERVICE_USER" >/dev/null 2>&1 ||
    useradd --system --user-group --no-create-home --home-dir "/var/cache/$SERVICE_USER" --shell /usr/sbin/nologin "$SERVICE_USER"
  # The service owns data/; models/ stays its owner's, so that an upgrade can still write the manifests.
  chown -R "$SERVICE_USER:$SERVICE_USER" "$HERE/data"
  chgrp -R "$SERVICE_USER" "$HERE/models"
  chmod -R g+rwX "$HERE/models"
  find "$HERE/models" -type d -exec chmod g+s {} +
  "$PY" -m compileall -q "$HERE/appliance"
  runuser -u "$SERVICE_USER" -- "$PY" -c 'import appliance' ||
    die "The user $SERVICE_USER cannot run $PY: this folder, or that of $(realpath "$PY"), is closed to others." \
      "Move the appliance to an open place such as /opt/studio-appliance, with a Python of the system, and run this there."
  write_units "$UNITS"
  systemctl daemon-reload
  local unit units
  units="$(service_units)"
  for unit in $(enabled_workers); do
    [[ $'\n'"$units"$'\n' == *$'\n'"$unit"$'\n'* ]] || systemctl disable --now "$unit"
  done
  mapfile -t units <<<"$units"
  systemctl enable appliance.target "${units[@]}"
  if [[ -e $UNITS/appliance-gpu.service ]]; then systemctl enable appliance-gpu.service; fi
  systemctl reset-failed "${units[@]}"
  systemctl restart appliance.target
  say "started; watching it for ten seconds"
  sleep 10
  for unit in "${units[@]}"; do stays_up "$unit"; done
  say "It runs, and starts with the machine. Stop it: systemctl stop appliance.target"
}

stays_up() { # UNIT: active, and not because it was started again
  if ! systemctl is-active --quiet "$1" || [[ $(systemctl show --property NRestarts --value "$1") != 0 ]]; then
    journalctl --unit "$1" --lines 15 --no-pager --output cat >&2
    die "$1 does not stay up; its last lines are above."
  fi
}

# ── Taking it away ───────────────────────────────────────────────────────────────────────────────

uninstall() {
  local what="the service and .venv; data/ and models/ stay"
  ((!PURGE)) || what="the service, .venv, ALL of data/ (jobs, files, accounts, keys) and the downloaded models"
  confirm "This takes away $what."
  remove_service
  local lock
  for lock in "$HERE"/data/worker*.lock; do
    [[ ! -e $lock ]] || flock -n "$lock" true ||
      die "The appliance is running from this folder. Stop it first: press Ctrl-C where appliance start runs."
  done
  rm -rf "$VENV" "$BUNDLE" "$HERE"/*.egg-info "$HERE/build" "$HERE"/.{mypy,ruff,pytest,import_linter}_cache "$HERE/.hypothesis"
  if ((PURGE)); then
    rm -rf "$HERE/data"
    find "$HERE/models" -mindepth 1 -maxdepth 1 -type d ! -name starter -exec rm -rf {} +
  fi
  echo "Done. To remove the rest: rm -r $HERE"
}

confirm() { # SENTENCE
  local answer=""
  ((!YES)) || return 0
  [[ -t 0 ]] || die "$1 There is nobody to ask; add --yes if that is meant."
  read -rp "$1 Go on? [y/N] " answer
  [[ $answer == [yY]* ]] || die "Nothing was changed."
}

remove_service() {
  local -a units
  mapfile -t units < <(find "$UNITS" -maxdepth 1 -name 'appliance*' -type f -exec grep -lF "$HERE/appliance" {} + 2>/dev/null)
  ((${#units[@]})) || return 0
  ((EUID == 0)) || die "There is a service, which root takes away: sudo $HERE/install.sh --uninstall"
  mapfile -t units < <(enabled_workers)
  systemctl disable --now appliance.target appliance-web.service appliance-worker.service "${units[@]}"
  rm -f "$UNITS"/appliance{.target,-web.service,-worker.service,-worker@.service,-gpu.service}
  systemctl daemon-reload
  chown -R --reference="$HERE" "$HERE/data" "$HERE/models"
  userdel "$SERVICE_USER" || true
  rm -rf "/var/cache/$SERVICE_USER"
}

# ── The order of things ──────────────────────────────────────────────────────────────────────────

DEMO=0 TEST=0 SERVICE=0 UNINSTALL=0 PURGE=0 YES=0 NO_SYSTEM=0 PRINT="" TORCH="" TARGET="" CHOICE="" PIN=""
OFFLINE="" BUNDLE_PYTHON="" COLLECT="" COLLECTING=0
PYTHON_ASKED="${PYTHON:-}" PYTHON="" # asked for by the caller; chosen

read_options() {
  while (($#)); do
    case "$1" in
      --demo) DEMO=1 ;;
      --test) TEST=1 ;;
      --test-all) TEST=2 ;;
      --service) SERVICE=1 ;;
      --print) PRINT="${2:?--print needs a folder}" && shift ;;
      --offline) OFFLINE="${2:?--offline needs the file of a bundle}" && shift ;;
      --collect) COLLECT="${2:?--collect needs a folder}" && shift ;;
      --uninstall) UNINSTALL=1 ;;
      --purge) PURGE=1 ;;
      --yes) YES=1 ;;
      --cpu) TORCH=cpu ;;
      --torch) TORCH="${2:?--torch needs a wheel, a folder or an index}" && shift ;;
      --no-system) NO_SYSTEM=1 ;;
      --help | -h) usage && exit 0 ;;
      *) usage >&2 && printf '\nUnknown option: %s\n' "$1" >&2 && exit 2 ;;
    esac
    shift
  done
  # Both are used from other folders too.
  [[ -z $OFFLINE ]] || OFFLINE="$(realpath -m "$OFFLINE")"
  [[ -z $COLLECT ]] || COLLECT="$(realpath -m "$COLLECT")"
}

read_choice() { # sets CHOICE: auto, cpu, a wheel, a folder or an index
  CHOICE="${TORCH:-auto}"
  [[ -z $OFFLINE || ${TORCH:-auto} =~ ^(auto|cpu)$ ]] || die "--offline takes torch from the bundle: leave out --torch."
  case "$TORCH" in
    auto | cpu | *://*) ;;
    "") if [[ -s $REMEMBERED ]]; then CHOICE="$(<"$REMEMBERED")" && CHOICE="${CHOICE% *}"; fi ;;
    *)
      [[ -e $TORCH ]] || die "--torch $TORCH: there is no such file or folder, and it is no index (https://…)."
      CHOICE="$(realpath "$TORCH")"
      ;;
  esac
  # Where torch came from earlier is of no use without a network; that no GPU is wanted still holds.
  [[ -z $OFFLINE || $CHOICE == cpu ]] || CHOICE=auto
}

main() {
  read_options "$@"
  if [[ -n $PRINT ]]; then
    mkdir -p "$PRINT"
    write_units "$PRINT"
    exit
  fi
  if ((UNINSTALL)); then
    uninstall
    exit
  fi
  trap ended EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  umask 022
  unset PYTHONHOME PYTHONPATH
  PIN="$(sed -n 's/^torch==//p' "$LOCK/cpu.txt")"
  read_choice
  if [[ -n $COLLECT ]]; then
    collect "$COLLECT"
    exit
  fi
  STEP_TOTAL=$((9 + (${#OFFLINE} > 0) + DEMO + SERVICE + (TEST ? TEST + 4 : 0)))
  install_everything
  ((!SERVICE)) || install_service
  ((!DEMO)) || run_demo
  ((!TEST)) || run_tests
  rm -rf "$BUNDLE"
  ((DEMO + TEST + SERVICE)) || printf '\nInstalled. Start it:  .venv/bin/appliance start\n'
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi
