#include "dctprep/base/cancel.h"

#include <csignal>
#include <cstdlib>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {
volatile std::sig_atomic_t g_requested = 0;

void on_signal(int signal) {
  if (g_requested != 0) std::_Exit(128 + signal);
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

}  // namespace dctprep
