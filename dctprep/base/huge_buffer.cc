// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/huge_buffer.h"

#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace dctprep {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kVector = 64;

}  // namespace

HugeBuffer::HugeBuffer(std::size_t size) {
  // Less than four pages would waste too much of the last one.
  const std::size_t page = size >= 4 * kHugePage ? kHugePage : kVector;
  const std::size_t rounded = (size + page - 1) / page * page;
  data_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(page, rounded)));
  if (!data_ && rounded > 0) throw std::bad_alloc();
#ifdef __linux__
  // Advice only: where it is not taken, the memory is as good.
  if (page == kHugePage) static_cast<void>(madvise(data_.get(), rounded, MADV_HUGEPAGE));
#endif
}

void HugeBuffer::Free::operator()(std::uint8_t* data) const { std::free(data); }

}  // namespace dctprep
