// SPDX-License-Identifier: BSD-3-Clause
// Exact order statistics of many rows of uint16, element by element, without sorting and without branches.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

inline constexpr std::size_t kRankSelectMostRows = 65535;

// out[i] = the element at index `rank` of the sorted rows[0][i], ..., rows[n-1][i], for i < count. 1 <= n <=
// kRankSelectMostRows, rank < n. Rows need no alignment; `out` may not overlap them.
void rank_select(const std::uint16_t* const* rows, std::size_t n, std::uint16_t rank, std::size_t count,
                 std::uint16_t* out) noexcept;
// The same with a rank of its own for every element.
void rank_select(const std::uint16_t* const* rows, std::size_t n, const std::uint16_t* ranks, std::size_t count,
                 std::uint16_t* out) noexcept;
// The same as the first, of rows that begin at values + offsets[0], ..., values + offsets[n-1], where `out` holds
// guesses: the better, the faster.
void rank_select_near(const std::uint16_t* values, const std::size_t* offsets, std::size_t n, std::uint16_t rank,
                      std::size_t count, std::uint16_t* out) noexcept;

// The median of 9 of rows[0][i], ..., rows[8][i].
void median_of_9(const std::uint16_t* const* rows, std::size_t count, std::uint16_t* out) noexcept;

}  // namespace dctprep
