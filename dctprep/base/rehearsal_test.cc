// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/rehearsal.h"

#include <csignal>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "dctprep/base/error.h"

namespace dctprep::hdf5 {
namespace {

// What the child has to tell; no more than a pipe holds.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void tell(const std::string& text) const {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string hear(std::size_t size) const {
    std::string text(size, ' ');
    EXPECT_EQ(::read(ends_[0], text.data(), size), static_cast<ssize_t>(size));
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::string message_of(auto body) {
  try {
    rehearsed("what.h5", body);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Rehearsal, RunsTheBodyInAChildFirst) {
  const Pipe pipe;
  int runs = 0;
  const int result = rehearsed("what.h5", [&] {
    pipe.tell(in_rehearsal() ? "child " : "parent");
    return rehearsed("inner.h5", [&] { return ++runs; });  // no child of the child's
  });
  EXPECT_EQ(result, 1);
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(in_rehearsal());
  EXPECT_EQ(pipe.hear(12), "child parent");
}

TEST(Rehearsal, NamesThePlaceWhereTheChildDies) {
  const auto die = [] { ::raise(SIGSEGV); };
  EXPECT_EQ(message_of(die), "what.h5: damaged: HDF5 crashes reading it; copy the file again or write it anew");
  EXPECT_EQ(message_of([&] {
              note_file("a.h5");
              die();
            }),
            "a.h5: damaged: HDF5 crashes reading it; copy the file again or write it anew");
  EXPECT_EQ(message_of([&] {
              note_file("a.h5");
              note_object("/b/c");
              die();
            }),
            "a.h5::/b/c: damaged: HDF5 crashes reading it; copy the file again or write it anew");
  EXPECT_EQ(message_of([] { ::raise(SIGPROF); }),
            "what.h5: damaged: HDF5 does not come to an end reading it; copy the file again or write it anew");
}

TEST(Rehearsal, LeavesErrorsToTheParent) {
  EXPECT_EQ(message_of([] { fail("no such dataset"); }), "no such dataset");
}

// HDF5 decodes some damaged messages beyond their end: what it meets there has to be the same when it counts.
TEST(Rehearsal, ChildAndParentHaveTheSameHeap) {
  const Pipe pipe;
  // Blocks of many sizes that were used and freed, as HDF5 leaves them.
  for (std::size_t size = 1; size < 4000; size += 7) std::vector<char>(size, 'x').shrink_to_fit();
  std::string places;
  rehearsed("what.h5", [&] {
    std::vector<std::vector<char>> blocks;
    for (std::size_t size = 1; size < 4000; size += 13) blocks.emplace_back(size);
    for (const auto& block : blocks) places += std::to_string(reinterpret_cast<std::uintptr_t>(block.data())) + " ";
    if (in_rehearsal()) pipe.tell(places);
  });
  EXPECT_GT(places.size(), 2000U);
  EXPECT_EQ(pipe.hear(places.size()), places);
}

}  // namespace
}  // namespace dctprep::hdf5
