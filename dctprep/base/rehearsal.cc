// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/rehearsal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <hdf5.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/hdf5.h"

namespace dctprep::hdf5 {

namespace {

constexpr int kSecondsAPlace = 10;  // of processor time
// The last resorts: against places without end, and against a child that waits for what never comes.
constexpr rlim_t kProcessorSeconds = 600;
constexpr unsigned kSeconds = 3600;

// What the child tells, in memory that both see.
struct Report {
  std::array<char, 4096> file, object;
  volatile char survived;
};

thread_local int t_passed = 0;
Report* g_report = nullptr;  // set in the child only

void note(std::string_view text, std::array<char, 4096>& to) {
  const std::size_t size = std::min(text.size(), to.size() - 1);
  std::memcpy(to.data(), text.data(), size);
  to[size] = '\0';
}

class SharedReport {
 public:
  SharedReport() {
    void* memory = ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) report_ = static_cast<Report*>(memory);  // zeros
  }
  ~SharedReport() {
    if (report_ != nullptr) ::munmap(report_, sizeof(Report));
  }
  SharedReport(const SharedReport&) = delete;
  SharedReport& operator=(const SharedReport&) = delete;
  Report* get() const { return report_; }

 private:
  Report* report_ = nullptr;
};

// Until the next place is noted.
void start_clock() {
  const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = kSecondsAPlace, .tv_usec = 0}};
  ::setitimer(ITIMER_PROF, &limit, nullptr);
}

void set_limit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = std::min(value, limit.rlim_max);
  ::setrlimit(resource, &limit);
}

[[noreturn]] void run_child(Report* report, void (*body)(void*), void* data) {
  for (const int signal :
       {SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM, SIGXCPU, SIGPROF}) {
    std::signal(signal, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // No core file, and nobody is told of a crash that is expected.
  ::prctl(PR_SET_DUMPABLE, 0);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_CPU, kProcessorSeconds);
  ::alarm(kSeconds);
  if (const int nowhere = ::open("/dev/null", O_RDWR); nowhere >= 0) {
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  g_report = report;
  t_passed = 1;
  start_clock();
  try {
    body(data);
  } catch (...) {
  }
  report->survived = 1;
  ::_exit(0);
}

// As ::fork, by a callback of HDF5, which holds its global lock then: no other thread can hold it, and the child
// inherits the library unlocked. -1 as well where there was no callback.
pid_t fork_inside_hdf5() {
  quiet();
  pid_t child = -1;
  const hid_t stack = H5Ecreate_stack();
  if (stack < 0) return child;
  // A stack of one message, to be called back for.
  if (H5Epush2(stack, __FILE__, "rehearsed", __LINE__, H5E_ERR_CLS, H5E_NONE_MAJOR, H5E_NONE_MINOR, "fork") >= 0) {
    H5Ewalk2(
        stack, H5E_WALK_UPWARD,
        [](unsigned, const H5E_error2_t*, void* target) -> herr_t {
          *static_cast<pid_t*>(target) = ::fork();
          return 0;
        },
        &child);
  }
  H5Eclose_stack(stack);
  return child;
}

}  // namespace

namespace rehearsal {

Passed::Passed() { ++t_passed; }
Passed::~Passed() { --t_passed; }

bool begun() { return t_passed > 0; }

void try_out(std::string_view what, void (*body)(void*), void* data) {
  const SharedReport report;
  if (report.get() == nullptr) return;
  // What HDF5 reads of a damaged file beyond its buffers is what the heap holds there. So child and parent enter `body`
  // with the same heap: neither allocates or frees anything from the fork on.
  const pid_t child = fork_inside_hdf5();
  if (child < 0) return;
  if (child == 0) run_child(report.get(), body, data);
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(child, &status, 0)) < 0 && errno == EINTR) {
  }
  check_cancelled();
  if (report.get()->survived != 0) return;
  const std::string file(report.get()->file.data()), object(report.get()->object.data());
  const std::string name = file.empty() ? std::string(what) : object.empty() ? file : file + "::" + object;
  // A program that ignores SIGCHLD is not told how its children end.
  const int signal = ended > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGKILL) {
    fail("{}: the process that tried to open it was killed (signal {}); is there enough memory?", name, signal);
  }
  if (signal == SIGPROF || signal == SIGXCPU || signal == SIGALRM) {
    fail("{}: damaged: HDF5 does not come to an end reading it; copy the file again or write it anew", name);
  }
  fail("{}: damaged: HDF5 crashes reading it; copy the file again or write it anew", name);
}

}  // namespace rehearsal

bool in_rehearsal() { return g_report != nullptr; }

void note_file(std::string_view file) {
  if (g_report == nullptr) return;
  note(file, g_report->file);
  note("", g_report->object);
  start_clock();
}

void note_object(std::string_view path) {
  if (g_report == nullptr) return;
  note(path, g_report->object);
  start_clock();
}

}  // namespace dctprep::hdf5
