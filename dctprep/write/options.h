// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <string>

#include "dctprep/base/fields.h"

namespace dctprep {

enum class Compression { kBitshuffleLz4, kGzip, kNone };
template <>
struct EnumNames<Compression> {
  static constexpr std::array<std::string_view, 3> names{"bitshuffle-lz4", "gzip", "none"};
};

// [output]
struct OutputOptions {
  std::string path;
  Compression compression = Compression::kBitshuffleLz4;

  friend bool operator==(const OutputOptions&, const OutputOptions&) = default;
};

template <OptionsLike<OutputOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("path", o.path,
        FieldInfo{.doc = "the result file; left out: NAME_spots.h5 in the working folder, NAME being the scan's",
                  .kind = FieldKind::kPath});
  visit("compression", o.compression, FieldInfo{.doc = "of backgrounds and transmission"});
}

}  // namespace dctprep
