#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the tests of the parallel parts under ThreadSanitizer, which Debian's TBB makes useless (it is not instrumented,
# so that all that passes through it looks like a race): its source is fetched with apt and built with the sanitizer
# first, into build/tsan-tbb. Races are printed and end it with status 1.
# Usage: tools/tsan.sh [TEST ...]    e.g. tools/tsan.sh pipeline_test --gtest_filter='Executors*'
# Takes about 15 minutes on two cores the first time. The machine is left as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
tbb=$PWD/build/tsan-tbb

if [ ! -e "$tbb/lib/libtbb.so" ]; then
  rm -rf "$tbb"
  mkdir -p "$tbb/apt/lists" "$tbb/apt/cache" "$tbb/source"
  . /etc/os-release
  echo "deb-src http://deb.debian.org/debian ${VERSION_CODENAME} main" >"$tbb/apt/sources.list"
  apt=(apt-get -q -o "Dir::Etc::sourcelist=$tbb/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$tbb/apt/lists" -o "Dir::Cache=$tbb/apt/cache" -o APT::Sandbox::User=root)
  "${apt[@]}" update
  (cd "$tbb/source" && "${apt[@]}" source --download-only onetbb && tar xf onetbb_*.orig.tar.* --strip-components=1)
  cmake -S "$tbb/source" -B "$tbb/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTBB_TEST=OFF -DTBB_STRICT=OFF \
    -DTBBMALLOC_BUILD=OFF -DTBB_ENABLE_IPO=OFF -DCMAKE_CXX_FLAGS="-fsanitize=thread -Wno-tsan" \
    -DCMAKE_INSTALL_LIBDIR=lib >"$tbb/configure.log"
  cmake --build "$tbb/build"
  cmake --install "$tbb/build" --prefix "$tbb" >/dev/null
fi

tests=(pipeline_test read_test segment_test background_test write_test)
options=()
if [ $# -gt 0 ]; then
  tests=()
  for word in "$@"; do
    case $word in
      -*) options+=("$word") ;;
      *) tests+=("$word") ;;
    esac
  done
fi
cmake --preset tsan >build/configure.log
cmake --build --preset tsan --target "${tests[@]}"
export LD_LIBRARY_PATH=$tbb/lib TSAN_OPTIONS="exitcode=66 history_size=4 ${TSAN_OPTIONS:-}"
status=0
for test in "${tests[@]}"; do
  echo "== $test"
  "build/tsan/bin/$test" "${options[@]}" || status=1
done
exit $status
