// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/bench/machine.h"

#include <algorithm>
#include <fstream>
#include <thread>
#include <unistd.h>

#include "dctprep/base/version.h"
#include "dctprep/kernels/backend.h"

namespace dctprep {

namespace {

// What follows "NAME:" in a file of such lines; "" where there is none.
std::string value_in(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t colon = line.find(':');
    const std::size_t first = line.find_first_not_of(" \t", colon == std::string::npos ? colon : colon + 1);
    return first == std::string::npos ? "" : line.substr(first);
  }
  return "";
}

}  // namespace

Machine this_machine(const std::string& commit) {
  Machine machine;
  machine.cpu = value_in("/proc/cpuinfo", "model name");
  if (machine.cpu.empty()) machine.cpu = "unknown";
  machine.cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  machine.backend = backend_in_use();
  machine.version = version();
  machine.commit = commit;
  return machine;
}

std::uint64_t installed_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

std::uint64_t peak_memory() {
  const std::string kilobytes = value_in("/proc/self/status", "VmHWM");
  return std::strtoull(kilobytes.c_str(), nullptr, 10) * 1024;
}

void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace dctprep
