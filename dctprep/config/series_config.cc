// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/series_config.h"

#include "dctprep/config/field_text.h"

namespace dctprep {

std::map<std::string, std::string> leave_to_each_scan(const Config& given, Config& found, Comments& comments) {
  std::map<std::string, std::string> left;
  Config before = given;
  const std::vector<Table> tables_before = tables_of(before), tables = tables_of(found);
  for (std::size_t t = 0; t < tables.size(); ++t) {
    for (std::size_t f = 0; f < tables[t].fields.size(); ++f) {
      const Field& field = tables[t].fields[f];
      const Value was_given = tables_before[t].fields[f].get();
      if (!field.info.of_one_scan || field.get() == was_given) continue;
      const std::string key = key_of(tables[t], field), value = value_text(field.get());
      std::string& comment = comments[key];
      comment = "in this scan: " + value + (comment.empty() ? "" : "; " + comment);
      left.emplace(key, value);
      field.set(was_given);
    }
  }
  return left;
}

}  // namespace dctprep
