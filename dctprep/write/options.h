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
  bool sparse = false;
  Auto<Level> sparse_level;

  friend bool operator==(const OutputOptions&, const OutputOptions&) = default;
};

template <OptionsLike<OutputOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("path", o.path,
        FieldInfo{.doc = "the result file; left out: NAME_spots.h5 in the working folder, NAME being the scan's",
                  .kind = FieldKind::kPath});
  visit("compression", o.compression, FieldInfo{.doc = "of backgrounds and transmission"});
  visit("sparse", o.sparse,
        FieldInfo{.doc = "also keep the sparse frames, in NAME_sparse.h5 beside the result NAME.h5: dctprep resegment "
                         "then finds spots with other thresholds and filters in a fraction of the time"});
  visit(
      "sparse_level", o.sparse_level,
      FieldInfo{.doc = "lowest level that sparse frames are kept down to; auto: three quarters of the lowest level of "
                       "segment",
                .unit = "counts or sigma",
                .min = 1,
                .max = 65535});
}

}  // namespace dctprep
