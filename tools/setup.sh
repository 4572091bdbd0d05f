# Sourced by the commands beside it: what they need, and how it is built. The one list of packages.

wh_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Debian 12 (bookworm): what the build needs, its tests included.
wh_packages=(
  g++ cmake ninja-build ccache python3
  libcaf-dev libns3-dev                      # actors, network simulator
  libsodium-dev libpcap-dev libmnl-dev       # cryptography; capture and netlink, for the real host
  libtoml11-dev nlohmann-json3-dev libcli11-dev libsqlite3-dev libexpected-dev catch2
  node-d3-axis node-d3-scale node-d3-selection node-d3-shape  # plots of the simulator's pages
)
# What the tests in network namespaces run besides.
wh_lab_packages=(iproute2 nftables conntrack iputils-ping iperf3 wireguard-go)

wh_say() { printf '== %s\n' "$*"; }
wh_fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 2; }

# Asks dpkg, not apt: the second time nothing is fetched, and no network is needed.
wh_install_packages() {
  local missing=() package
  command -v dpkg-query >/dev/null || wh_fail "this needs Debian 12 (no dpkg-query here); the packages are: ${wh_packages[*]}"
  for package in "${wh_packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    wh_say "all ${#wh_packages[@]} Debian packages are present"
    return
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || wh_fail "missing packages, and neither root nor sudo to install them. As root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  wh_say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  # env, since sudo clears the environment; tshark would ask whether users may capture.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# A compiler of CAF or ns-3 code takes up to 1.5 GB.
wh_jobs() {
  local cores kilobytes jobs
  cores=$(nproc)
  kilobytes=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  jobs=$((kilobytes / 1500000))
  [ "$jobs" -lt 1 ] && jobs=1
  [ "$jobs" -gt "$cores" ] && jobs=$cores
  echo "$jobs"
}

# wh_configure FOLDER [OPTION-OF-CMAKE...]
wh_configure() {
  local folder=$1 log
  shift
  wh_say "configuring in $folder/"
  if ! log=$(cmake -G Ninja -S "$wh_root" -B "$wh_root/$folder" "$@" 2>&1); then
    printf '%s\n' "$log" >&2
    wh_fail "cmake failed, see above; a $folder/ made by other means can be removed"
  fi
}

# wh_build [TARGET...]: everything without one.
wh_build() {
  local jobs
  jobs=$(wh_jobs)
  wh_configure build
  wh_say "building ${*:-everything}, $jobs at a time"
  ninja -C "$wh_root/build" -j "$jobs" "$@"
}

# wh_build_in FOLDER [OPTION-OF-CMAKE...]: everything, in another folder.
wh_build_in() {
  local jobs
  jobs=$(wh_jobs)
  wh_configure "$@"
  wh_say "building everything in $1/, $jobs at a time"
  ninja -C "$wh_root/$1" -j "$jobs"
}
