// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/bitshuffle.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <random>
#include <vector>

namespace dctprep {
namespace {

std::vector<std::uint8_t> random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// The definition, bit by bit.
std::vector<std::uint8_t> transposed(const std::vector<std::uint8_t>& in, std::size_t elements,
                                     std::size_t element_size) {
  std::vector<std::uint8_t> out(in.size());
  for (std::size_t e = 0; e < elements; ++e) {
    for (std::size_t bit = 0; bit < 8 * element_size; ++bit) {
      const int value = in[e * element_size + bit / 8] >> (bit % 8) & 1;
      out[bit * (elements / 8) + e / 8] |= static_cast<std::uint8_t>(value << (e % 8));
    }
  }
  return out;
}

TEST(Bitshuffle, EveryInstructionSetEqualsTheDefinition) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    for (const std::size_t element_size : {1, 2, 4, 8}) {
      for (const std::size_t groups : {0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 129, 512}) {
        const std::size_t elements = 8 * groups;
        const auto data = random_bytes(elements * element_size);
        const auto expected = transposed(data, elements, element_size);
        std::vector<std::uint8_t> shuffled(data.size()), back(data.size()), back_scalar(data.size());
        bit_transpose(data.data(), shuffled.data(), elements, element_size);
        bit_untranspose(expected.data(), back.data(), elements, element_size);
        bit_untranspose_scalar(expected.data(), back_scalar.data(), elements, element_size);
        ASSERT_EQ(shuffled, expected) << hwy::TargetName(target) << " " << element_size << " " << elements;
        ASSERT_EQ(back, data) << hwy::TargetName(target) << " " << element_size << " " << elements;
        ASSERT_EQ(back_scalar, data);
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace
}  // namespace dctprep
