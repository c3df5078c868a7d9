// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "dctprep/base/fields.h"

namespace dctprep {

enum class Device { kAuto, kCpu, kCuda };
template <>
struct EnumNames<Device> {
  static constexpr std::array<std::string_view, 3> names{"auto", "cpu", "cuda"};
};

// [run]: how the work is done; nothing here changes a bit of the result.
struct RunOptions {
  Auto<int> threads;
  Auto<std::int64_t> memory;
  Device device = Device::kAuto;
  std::string backend = "auto";
  bool resume = false;

  friend bool operator==(const RunOptions&, const RunOptions&) = default;
};

template <OptionsLike<RunOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("threads", o.threads, FieldInfo{.doc = "threads to use; auto: one a core", .min = 1, .max = 1024});
  visit("memory", o.memory,
        FieldInfo{.doc = "most memory to use, in bytes or as \"4 GiB\"; auto: what is needed, said before the start",
                  .unit = "bytes",
                  .min = 1,
                  .kind = FieldKind::kMemory});
  visit("device", o.device, FieldInfo{.doc = "where the pixels are worked on"});
  visit("backend", o.backend,
        FieldInfo{.doc = "instruction set of the cpu, by a name that dctprep info lists; auto: the best one"});
  visit(
      "resume", o.resume,
      FieldInfo{.doc = "keep what is done in OUT.h5.resume while the run lasts, and go on from there if it was killed; "
                       "costs a few per cent of the time"});
}

}  // namespace dctprep
