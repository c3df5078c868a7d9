// SPDX-License-Identifier: BSD-3-Clause
// The runs of open islands: chains of small blocks in one pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dctprep/core/sparse_frame.h"

namespace dctprep {

// Columns [u_begin, u_end) of row v of a frame; their values begin at `begin` of a list of values.
struct IslandRun {
  std::int32_t frame, v, u_begin, u_end;
  std::int32_t begin;

  std::int32_t end() const { return begin + (u_end - u_begin); }
};

// A list of runs over one list of values, in any order.
struct Island {
  std::vector<IslandRun> runs;
  std::vector<std::uint16_t> values;    // run after run
  std::vector<std::int32_t> saturated;  // ascending indices into `values`
};

// A run takes 10 bytes and two for each voxel; a chain, up to one block more. Blocks that become free are used again.
class RunStore {
 public:
  static constexpr std::int32_t kNone = -1;
  // Runs in the order of their appending. Plain numbers: what is neither dropped nor taken stays in the store.
  struct Chain {
    std::int32_t first = kNone, last = kNone, blocks = 0;
  };
  // A place in a chain.
  struct Cursor {
    std::int32_t block = kNone;
    std::uint32_t word = 0;
  };

  // `run` of `frame`; `next_saturated` is a place in the frame's list that follows from call to call.
  void append(Chain& chain, const SparseFrame& frame, const Run& run, std::size_t& next_saturated);
  // All of `from` behind all of `to`.
  void splice(Chain& from, Chain& to);
  void drop(Chain& chain);

  static Cursor begin(const Chain& chain) { return {chain.first, 0}; }
  // Appends the run at `at` to `island` and moves on; false at the end.
  bool read(Cursor& at, Island& island) const;

  // Bytes of the blocks in use.
  std::size_t bytes() const { return used_ * sizeof(Block); }

 private:
  static constexpr std::size_t kWords = 61;
  struct Block {
    std::int32_t next;
    std::uint16_t count;  // words in use
    std::uint16_t words[kWords];
  };
  static_assert(sizeof(Block) == 128);
  static constexpr int kSlabBits = 12;  // blocks are allocated by slabs, so that none ever moves

  Block& block(std::int32_t i) const {
    return slabs_[static_cast<std::size_t>(i >> kSlabBits)][i & ((1 << kSlabBits) - 1)];
  }
  std::int32_t new_block();
  void put(Chain& chain, const std::uint16_t* words, std::size_t count);
  void get(Cursor& at, std::uint16_t* words, std::size_t count) const;

  std::vector<std::unique_ptr<Block[]>> slabs_;
  std::int32_t fresh_ = 0;  // blocks from here on were never used
  std::int32_t free_ = kNone;
  std::size_t used_ = 0;
};

}  // namespace dctprep
