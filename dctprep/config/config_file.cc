// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/config_file.h"

#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/config/check_config.h"
#include "dctprep/config/field_text.h"

namespace dctprep {

Config parse_config(std::string_view toml_text, const std::string& source_name, const std::filesystem::path& folder,
                    Origins* origins) {
  Config config;
  parse_tables(toml_text, source_name, folder, tables_of(config), origins);
  return config;
}

namespace {

// `config` with `settings` on top, checked.
Config completed(Config config, std::span<const std::string> settings, Origins origins) {
  for (const std::string& setting : settings) set_value(config, setting, "", &origins);
  check_config(config, origins);
  return config;
}

}  // namespace

namespace {

// A file that gives every level as a plain number and names no unit means counts: it leaves nothing to be chosen.
void settle_unit_of_file(Config& config, const std::filesystem::path& path, Origins& origins) {
  SegmentOptions& segment = config.segment;
  if (origins.contains("segment.unit") || stated_unit(segment)) return;
  if (segment.seed.is_auto() || segment.grow_min.is_auto() || segment.grow_max.is_auto()) return;
  segment.unit = SegmentUnit::kCounts;
  origins["segment.unit"] = path.string() + ", whose levels are all plain numbers";
}

}  // namespace

Config load_config(const std::filesystem::path& path, std::span<const std::string> settings) {
  Origins origins;
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  Config config = parse_config(read_config_text(path), path.string(), folder, &origins);
  settle_unit_of_file(config, path, origins);
  return completed(std::move(config), settings, std::move(origins));
}

Config default_config(std::span<const std::string> settings) { return completed({}, settings, {}); }

Config config_of_input(const std::string& input, std::span<const std::string> settings) {
  if (input.ends_with(".toml")) return load_config(input, settings);
  if (input.empty()) fail_usage("a SCAN needs a name: a file, a folder or a quoted glob");
  Config config;
  set_value(config, "scan.path=" + quoted_text(input), "");
  const std::string path = config.scan.path;
  config.segment.split = {};
  config.denoise.mode = {};
  config = completed(std::move(config), settings, {});
  if (config.scan.path != path)
    fail_usage("--set: scan.path = \"{}\": the scan is {} already", config.scan.path, input);
  return config;
}

void set_value(Config& config, std::string_view assignment, const std::filesystem::path& folder, Origins* origins) {
  set_field(tables_of(config), assignment, folder, origins);
}

std::string to_toml(const Config& config, const Comments& comments) { return print_options(config, comments); }

std::string to_compact_toml(const Config& config) { return print_options_compact(config); }

}  // namespace dctprep
