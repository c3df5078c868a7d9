// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/run_store.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

constexpr std::size_t kHeaderWords = 5;            // frame (two, low one first), row, column, last voxel
constexpr std::uint16_t kHoldsSaturated = 0x8000;  // in the frame's high word; their list follows the values

}  // namespace

std::int32_t RunStore::new_block() {
  std::int32_t index = free_;
  if (index != kNone) {
    free_ = block(index).next;
    if (free_ != kNone) __builtin_prefetch(&block(free_), 1);
  } else {
    if (fresh_ == std::numeric_limits<std::int32_t>::max())
      fail("too many voxels in open blobs; raise segment.grow_min");
    index = fresh_++;
    if (static_cast<std::size_t>(index >> kSlabBits) == slabs_.size())
      slabs_.push_back(std::make_unique_for_overwrite<Block[]>(std::size_t{1} << kSlabBits));
  }
  ++used_;
  Block& fresh = block(index);
  fresh.next = kNone;
  fresh.count = 0;
  return index;
}

void RunStore::put(Chain& chain, const std::uint16_t* words, std::size_t count) {
  while (count > 0) {
    if (chain.last == kNone || block(chain.last).count == kWords) {
      const std::int32_t index = new_block();
      (chain.last == kNone ? chain.first : block(chain.last).next) = index;
      chain.last = index;
      ++chain.blocks;
    }
    Block& last = block(chain.last);
    const std::size_t part = std::min(count, kWords - last.count);
    std::memcpy(last.words + last.count, words, part * sizeof(std::uint16_t));
    last.count = static_cast<std::uint16_t>(last.count + part);
    words += part;
    count -= part;
  }
}

void RunStore::get(Cursor& at, std::uint16_t* words, std::size_t count) const {
  while (count > 0) {
    const Block& from = block(at.block);
    if (at.word == from.count) {
      at = {from.next, 0};
      if (block(at.block).next != kNone) __builtin_prefetch(&block(block(at.block).next));
      continue;
    }
    const std::size_t part = std::min<std::size_t>(count, from.count - at.word);
    std::memcpy(words, from.words + at.word, part * sizeof(std::uint16_t));
    at.word += static_cast<std::uint32_t>(part);
    words += part;
    count -= part;
  }
}

void RunStore::append(Chain& chain, const SparseFrame& frame, const Run& run, std::size_t& next_saturated) {
  const auto size = static_cast<std::uint32_t>(run.u_end - run.u_begin);
  const std::vector<std::uint32_t>& marked = frame.saturated;
  while (next_saturated < marked.size() && marked[next_saturated] < run.offset) ++next_saturated;
  const bool holds_saturated = next_saturated < marked.size() && marked[next_saturated] < run.offset + size;
  const auto k = static_cast<std::uint32_t>(frame.frame);
  const std::uint16_t header[kHeaderWords] = {
      static_cast<std::uint16_t>(k), static_cast<std::uint16_t>(k >> 16 | (holds_saturated ? kHoldsSaturated : 0)),
      static_cast<std::uint16_t>(run.v), static_cast<std::uint16_t>(run.u_begin), static_cast<std::uint16_t>(size - 1)};
  put(chain, header, kHeaderWords);
  put(chain, frame.values.data() + run.offset, size);
  if (!holds_saturated) return;
  std::vector<std::uint16_t> list{0};
  for (; next_saturated < marked.size() && marked[next_saturated] < run.offset + size; ++next_saturated)
    list.push_back(static_cast<std::uint16_t>(marked[next_saturated] - run.offset));
  list[0] = static_cast<std::uint16_t>(list.size() - 2);  // one less than there are: all of 65536 may be
  put(chain, list.data(), list.size());
}

bool RunStore::read(Cursor& at, Island& island) const {
  while (at.block != kNone && at.word == block(at.block).count) at = {block(at.block).next, 0};
  if (at.block == kNone) return false;
  std::uint16_t header[kHeaderWords];
  get(at, header, kHeaderWords);
  const std::int32_t size = header[4] + 1;
  const auto begin = static_cast<std::int32_t>(island.values.size());
  island.runs.push_back(
      {header[0] | (header[1] & ~kHoldsSaturated) << 16, header[2], header[3], header[3] + size, begin});
  island.values.resize(island.values.size() + static_cast<std::size_t>(size));
  get(at, island.values.data() + begin, static_cast<std::size_t>(size));
  if ((header[1] & kHoldsSaturated) == 0) return true;
  std::uint16_t count;
  get(at, &count, 1);
  std::vector<std::uint16_t> list(std::size_t{count} + 1);
  get(at, list.data(), list.size());
  for (const std::uint16_t i : list) island.saturated.push_back(begin + i);
  return true;
}

void RunStore::splice(Chain& from, Chain& to) {
  if (from.first == kNone) return;
  (to.last == kNone ? to.first : block(to.last).next) = from.first;
  to.last = from.last;
  to.blocks += from.blocks;
  from = {};
}

void RunStore::drop(Chain& chain) {
  if (chain.first == kNone) return;
  block(chain.last).next = free_;
  free_ = chain.first;
  used_ -= static_cast<std::size_t>(chain.blocks);
  chain = {};
}

}  // namespace dctprep
