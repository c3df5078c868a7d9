// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/cancel.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {
volatile std::sig_atomic_t g_requested = 0;

enum PlaceState : int { kFree, kBusy, kTaken };
struct Place {
  std::atomic<int> state{kFree};
  char path[4096];
};
static_assert(std::atomic<int>::is_always_lock_free, "read by a signal handler");
std::array<Place, 8> g_places;

// getdents64(2)'s record, as far as it is of use here.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};

// In a signal handler only system calls are allowed; opendir() takes memory.
void remove_files_of(int folder) {
  alignas(DirectoryEntry) char entries[4096];
  long size = 0;
  while ((size = ::syscall(SYS_getdents64, folder, entries, sizeof(entries))) > 0) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(entries + at);
      ::unlinkat(folder, entry->name, 0);  // fails for . and ..
      at += entry->size;
    }
  }
}

void remove_folder_of_files(const char* path) {
  // Under another name no thread makes a file in it any more; one may just be at it.
  char renamed[sizeof(Place::path) + 1];
  const std::size_t size = std::strlen(path);
  std::memcpy(renamed, path, size);
  std::memcpy(renamed + size, "~", 2);
  if (::rename(path, renamed) != 0) return;
  for (int tries = 0; tries < 100; ++tries) {
    const int folder = ::open(renamed, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    remove_files_of(folder);
    ::close(folder);
    if (::rmdir(renamed) == 0) return;
  }
}

void on_signal(int signal) {
  if (g_requested != 0) {
    for (const Place& place : g_places) {
      if (place.state.load() == kTaken && ::unlink(place.path) != 0) remove_folder_of_files(place.path);
    }
    std::_Exit(128 + signal);
  }
  g_requested = 1;
}
}  // namespace

void install_cancel_handlers() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool cancel_requested() { return g_requested != 0; }

void check_cancelled() {
  if (cancel_requested()) fail("interrupted: nothing was written; run the same command again to start over");
}

RemovedWhenKilled::RemovedWhenKilled(const std::filesystem::path& path) {
  std::error_code error;
  const std::string name = std::filesystem::absolute(path, error).string();
  if (error || name.size() >= sizeof(Place::path)) return;
  for (std::size_t i = 0; i < g_places.size(); ++i) {
    int expected = kFree;
    if (!g_places[i].state.compare_exchange_strong(expected, kBusy)) continue;
    std::memcpy(g_places[i].path, name.c_str(), name.size() + 1);
    g_places[i].state = kTaken;
    place_ = i;
    return;
  }
}

RemovedWhenKilled::~RemovedWhenKilled() {
  if (place_) g_places[*place_].state = kFree;
}

}  // namespace dctprep
