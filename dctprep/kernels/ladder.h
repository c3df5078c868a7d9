// SPDX-License-Identifier: BSD-3-Clause
// Counting values against a ladder of thresholds: the inner loops of the moving median.
//
// A group of 64 pixels has a base b each; rung j (0 ... 15) is the threshold b + 1 + j, and counts[j * 64 + i] says how
// many values of pixel i lie below rung j. The median is read off the counts as long as it lies on the ladder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

inline constexpr std::size_t kLadderGroup = 64;
inline constexpr std::size_t kLadderRungs = 16;
inline constexpr std::uint16_t kLadderHighestBase = 65535 - kLadderRungs;

// Rows of heights that are counted at a time.
inline constexpr std::size_t kMostLadderRows = 255;

// above[i] = min(255, max(0, values[i] - base[i])) for i < count: where a value stands on its ladder.
void ladder_heights(const std::uint16_t* values, const std::uint16_t* base, std::size_t count,
                    std::uint8_t* above) noexcept;

// For one group: counts += (with `add`) or -= the number of rows whose value lies below each rung. Row k of the n <=
// kMostLadderRows rows of heights is `above + k * kLadderGroup`.
void ladder_count(const std::uint8_t* above, std::size_t n, bool add, std::uint16_t* counts) noexcept;

// The same from pixels held as bytes (byte_pixels.h), for one group: row k of the n <= kMostLadderRows is rows[k] + at,
// and a value stands at max(0, byte - shift[i]).
void ladder_count_bytes(const std::uint8_t* const* rows, std::size_t at, std::size_t n, const std::uint8_t* shift,
                        bool add, std::uint16_t* counts) noexcept;

// For one group, a row that enters and one that leaves: counts of ladder_count_bytes() with the first added and the
// second taken away, and then the medians as by ladder_median(). A value stands at max(0, byte - shift).
struct LadderRow {
  const std::uint8_t* bytes;
  const std::uint8_t* shift;
};
// One that counts nowhere.
LadderRow no_ladder_row() noexcept;
bool ladder_exchange(const LadderRow& entering, const LadderRow& leaving, const std::uint16_t* base, std::uint16_t rank,
                     std::uint16_t* counts, std::uint16_t* median) noexcept;

// For one group: shift[i] = base[i] - references[i] + 128, or false where some pixel's ladder does not lie between the
// bytes 0 and 255, so that bytes do not say where its values stand.
bool ladder_shift(const std::uint16_t* base, const std::uint16_t* references, std::uint8_t* shift) noexcept;

// For one group: median[i] = base[i] + the number of rungs with counts <= rank, which is the element at index `rank` of
// the sorted values. False where that does not hold for some pixel, because it lies below or above the ladder.
bool ladder_median(const std::uint16_t* counts, const std::uint16_t* base, std::uint16_t rank,
                   std::uint16_t* median) noexcept;

}  // namespace dctprep
