#include "dctprep/config/config_file.h"

namespace dctprep {

Config parse_config(std::string_view toml_text, const std::string& source_name, const std::filesystem::path& folder,
                    Origins* origins) {
  Config config;
  parse_tables(toml_text, source_name, folder, tables_of(config), origins);
  return config;
}

Config load_config(const std::filesystem::path& path, std::span<const std::string> settings) {
  Origins origins;
  Config config =
      parse_config(read_config_text(path), path.string(), std::filesystem::absolute(path).parent_path(), &origins);
  for (const std::string& setting : settings) set_value(config, setting, "", &origins);
  check_config(config, origins);
  return config;
}

void set_value(Config& config, std::string_view assignment, const std::filesystem::path& folder, Origins* origins) {
  set_field(tables_of(config), assignment, folder, origins);
}

std::string to_toml(const Config& config, const Comments& comments) { return print_options(config, comments); }

std::string to_compact_toml(const Config& config) { return print_options_compact(config); }

}  // namespace dctprep
