// SPDX-License-Identifier: BSD-3-Clause
// The command. It translates: the command line to calls of the library, errors to one line and an exit status.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <new>
#include <string>
#include <unistd.h>
#include <vector>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/version.h"

#include "verb.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

// One line on stderr, whatever the message holds.
int report(std::string message, int status) {
  while (!message.empty() && message.back() == '\n') message.pop_back();
  for (char& c : message)
    if (c == '\n' || c == '\r') c = ' ';
  std::fprintf(stderr, "dctprep: error: %s\n", message.c_str());
  return status;
}

void add_verbs(CLI::App& app) {
  app.description(
      "dctprep turns a raw X-ray diffraction contrast tomography scan into its table of diffraction spots.");
  app.footer(
      "A SCAN is an HDF5 file, optionally FILE.h5::/path/to/dataset; a folder or a quoted glob of EDF, TIFF, CBF, "
      "marCCD\n"
      "or GE files; a multi-frame EDF or multi-page TIFF.\n\n"
      "Begin with:\n"
      "  dctprep info scan.h5                        what is in the scan\n"
      "  dctprep run scan.h5                         its spots, in scan_spots.h5\n"
      "  dctprep show scan_spots.h5 -o pictures      numbers, and pictures to check them by\n\n"
      "`dctprep VERB --help` explains a verb with examples.");
  app.set_version_flag("--version", "dctprep " + std::string(dctprep::version()));
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("SUBCOMMAND", "VERB");
  dctprep::command::add_info(app);
  dctprep::command::add_init(app);
  dctprep::command::add_run(app);
  dctprep::command::add_resegment(app);
  dctprep::command::add_prepare(app);
  dctprep::command::add_merge(app);
  dctprep::command::add_show(app);
  dctprep::command::add_export(app);
  dctprep::command::add_score(app);
  dctprep::command::add_simulate(app);
  dctprep::command::add_config(app);
  dctprep::command::add_bench(app);
  for (CLI::App* verb : app.get_subcommands({})) verb->group("Verbs");
}

// What the user did not get right, and where to read about it.
int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> left = app.remaining();
  if (app.get_subcommands().empty() && !left.empty() && !left.front().starts_with('-')) {
    std::string verbs;
    for (const CLI::App* verb : app.get_subcommands({})) verbs += (verbs.empty() ? "" : ", ") + verb->get_name();
    return report(fmt::format("{}: unknown verb; there are: {} (see dctprep --help)", left.front(), verbs), kUsage);
  }
  std::string help = "dctprep";
  for (const CLI::App* verb : app.get_subcommands()) help += " " + verb->get_name();
  return report(std::string(error.what()) + " (see " + help + " --help)", kUsage);
}

int run(int argc, char** argv) {
  CLI::App app;
  app.name("dctprep");
  add_verbs(app);
  try {
    app.parse(argc, argv);
    // No verb: a newcomer wants to know what there is.
    if (app.get_subcommands().empty()) std::fputs(app.help().c_str(), stdout);
  } catch (const CLI::ParseError& error) {
    // --help and --version arrive as errors too.
    if (error.get_exit_code() != 0) return report_usage(app, error);
    app.exit(error);
  }
  // A full disk behind stdout shows only here. A reader that has seen enough (`| head`) is no failure.
  const int failure = dctprep::command::finish_stdout();
  if (failure == 0 || failure == EPIPE) return 0;
  return report(fmt::format("stdout: cannot be written: {}; make room or write elsewhere", std::strerror(failure)),
                kFailed);
}

}  // namespace

// A file that is opened must never get the number of a standard stream that was closed (`>&-`): what is printed would
// end up in it.
void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) < 0) return;
  }
}

int main(int argc, char** argv) {
  open_standard_streams();
  // Writing into a pipe that nobody reads, or beyond the limit of a file's size, is an error to be cleaned up after.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  dctprep::install_cancel_handlers();
  dctprep::command::remember_command_line(argc, argv);
  try {
    return run(argc, argv);
  } catch (const dctprep::Error& error) {
    return report(error.what(), static_cast<int>(error.kind()));
  } catch (const std::bad_alloc&) {
    return report("out of memory; use fewer --threads or a smaller part of the scan (scan.frames)", kFailed);
  } catch (const std::exception& error) {
    return report(std::string("internal: ") + error.what(), kFailed);
  }
}
