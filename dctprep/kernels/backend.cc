// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/backend.h"

#include <cstdint>
#include <hwy/highway.h>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

struct Named {
  std::int64_t target;
  const char* name;
};

// In Highway's order a lower bit is a better target.
constexpr Named kNames[] = {{HWY_AVX3_DL, "avx512_dl"}, {HWY_AVX3, "avx512"},  {HWY_AVX2, "avx2"}, {HWY_SSE4, "sse4"},
                            {HWY_SSSE3, "ssse3"},       {HWY_SVE2, "sve2"},    {HWY_SVE, "sve"},   {HWY_NEON, "neon"},
                            {HWY_EMU128, "scalar"},     {HWY_SCALAR, "scalar"}};

std::string name_of(std::int64_t target) {
  for (const Named& named : kNames) {
    if (named.target == target) return named.name;
  }
  return "scalar";
}

std::int64_t lowest_bit(std::int64_t targets) { return targets & -targets; }

void choose(std::int64_t targets) {
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

// What the machine has and the kernels were compiled for, whatever is chosen at the moment.
std::int64_t compiled_targets() {
  static const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return targets;
}

}  // namespace

std::vector<std::string> backends() {
  std::vector<std::string> names;
  for (std::int64_t rest = compiled_targets(); rest != 0; rest &= rest - 1) names.push_back(name_of(lowest_bit(rest)));
  return names;
}

std::string backend_in_use() { return name_of(lowest_bit(hwy::SupportedTargets() & HWY_TARGETS)); }

void use_backend(std::string_view name) {
  const std::int64_t targets = compiled_targets();
  if (name == "auto") return choose(0);
  std::string known;
  for (std::int64_t rest = targets; rest != 0; rest &= rest - 1) {
    if (name_of(lowest_bit(rest)) == name) return choose(lowest_bit(rest));
    known += (known.empty() ? "" : ", ") + name_of(lowest_bit(rest));
  }
  fail_usage("run.backend = \"{}\": this machine has {}; or \"auto\"", name, known);
}

}  // namespace dctprep
