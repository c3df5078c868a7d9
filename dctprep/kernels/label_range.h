// SPDX-License-Identifier: BSD-3-Clause
// The labels round a place of a volume, as flooding it needs them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

inline constexpr std::int32_t kNoLabel = -1;

// Of labels of at least 0, and kNoLabel; kNoLabel both where there are none.
struct LabelRange {
  std::int32_t lowest = kNoLabel;
  std::int32_t highest = kNoLabel;
};

// Of the three labels that begin at here + rows[i], i < n. One more label is read behind each three.
LabelRange label_range(const std::int32_t* here, const std::ptrdiff_t* rows, std::size_t n) noexcept;

// The same after every label is given its new name names[label]; names[kNoLabel] is kNoLabel. The labels read behind
// each three are renamed as well, and where rows share places, those are renamed again.
LabelRange rename_labels(std::int32_t* here, const std::ptrdiff_t* rows, std::size_t n,
                         const std::int32_t* names) noexcept;

}  // namespace dctprep
