// SPDX-License-Identifier: BSD-3-Clause
// The configuration in and out: files, --set, checks, and the text made of it.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "dctprep/config/config.h"
#include "dctprep/config/parse_toml.h"
#include "dctprep/config/print_toml.h"

namespace dctprep {

// All errors here are of kind kUsage and one line, such as
//   scan.toml:14: segment.seed = -3: must be between 1 and 65535 counts, or "auto"

// From TOML text, called `source_name` in messages; missing keys mean their defaults. Paths become absolute, relative
// ones taken from `folder`. Values are checked one by one; check_config() checks them against each other.
Config parse_config(std::string_view toml_text, const std::string& source_name, const std::filesystem::path& folder,
                    Origins* origins = nullptr);

// From a file, with `settings` ("segment.seed=25") on top, their paths relative to the working folder; checked as a
// whole. A file that gives every level as a plain number and names no unit means counts.
Config load_config(const std::filesystem::path& path, std::span<const std::string> settings = {});

// The defaults with `settings` on top, their paths relative to the working folder; checked as a whole.
Config default_config(std::span<const std::string> settings = {});

// From what a user names: a configuration (NAME.toml), or a SCAN, which stands for the defaults with its scan.path and
// with segment.split and denoise.mode left to be found.
Config config_of_input(const std::string& input, std::span<const std::string> settings = {});

// Sets one value, as of --set; a bare word is text: "denoise.mode=off", "beam.region=[1, 2, 3, 4]".
void set_value(Config& config, std::string_view assignment, const std::filesystem::path& folder,
               Origins* origins = nullptr);

// A complete configuration with what each key means above it. `comments`: more lines above a key ("segment.seed").
// parse_config(to_toml(config)) == config, to the bit.
std::string to_toml(const Config& config, const Comments& comments = {});

// The same values without a word of explanation, for provenance.
std::string to_compact_toml(const Config& config);

}  // namespace dctprep
