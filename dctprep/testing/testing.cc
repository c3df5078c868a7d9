// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/testing/testing.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "dctprep/base/assert.h"

namespace dctprep::testing {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "dctprep_test_XXXXXX").string();
  DCTPREP_ASSERT(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string contents_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

CommandResult run_command(const std::string& command) {
  CommandResult result;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  DCTPREP_ASSERT(pipe != nullptr);
  std::array<char, 4096> buffer;
  for (std::size_t got; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    result.output.append(buffer.data(), got);
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

CommandResult run_python(const std::string& program, const fs::path& folder) {
  const fs::path script = folder / "oracle.py";
  std::ofstream(script) << program;
  return run_command("cd '" + folder.string() + "' && PYTHONWARNINGS=ignore /usr/bin/python3 '" + script.string() +
                     "'");
}

fs::path real_data() {
  std::error_code ignored;
  if (const char* given = std::getenv("DCTPREP_REAL_DATA"))
    return fs::is_directory(given, ignored) ? given : fs::path();
  const fs::path beside = fs::path(DCTPREP_SOURCE_DIR) / ".." / "shared" / "data" / "real";
  return fs::is_directory(beside, ignored) ? fs::canonical(beside, ignored) : fs::path();
}

fs::path source_path(const std::string& relative) { return fs::path(DCTPREP_SOURCE_DIR) / relative; }

}  // namespace dctprep::testing
