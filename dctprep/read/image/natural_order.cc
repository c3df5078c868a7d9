// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/natural_order.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace dctprep {

namespace {

constexpr std::size_t kMaxDigits = 18;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool ends_with(std::string_view name, std::string_view end) {
  return name.size() > end.size() && std::equal(end.rbegin(), end.rend(), name.rbegin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

bool less(std::string_view a, const NameParts& p, std::string_view b, const NameParts& q) {
  for (std::size_t i = 0;; ++i) {
    if (p.texts[i] != q.texts[i]) return p.texts[i] < q.texts[i];
    const bool p_ends = i == p.numbers.size(), q_ends = i == q.numbers.size();
    if (p_ends && q_ends) return a < b;
    if (p_ends || q_ends) return p_ends;
    if (p.numbers[i] != q.numbers[i]) return p.numbers[i] < q.numbers[i];
  }
}

}  // namespace

std::string_view without_compression(std::string_view name) {
  for (const std::string_view end : {".gz", ".bz2"}) {
    if (ends_with(name, end)) return name.substr(0, name.size() - end.size());
  }
  return name;
}

NameParts split_name(std::string_view name) {
  name = without_compression(name);
  NameParts parts;
  parts.texts.emplace_back();
  for (std::size_t i = 0; i < name.size();) {
    std::size_t end = i;
    while (end < name.size() && is_digit(name[end])) ++end;
    const std::size_t digits = end - i;
    if (digits == 0) {
      parts.texts.back() += name[i++];
    } else if (digits > kMaxDigits) {
      parts.texts.back() += name.substr(i, digits);
      i = end;
    } else {
      std::uint64_t number = 0;
      std::from_chars(name.data() + i, name.data() + end, number);
      parts.numbers.push_back(number);
      parts.digits.push_back(static_cast<int>(digits));
      parts.texts.emplace_back();
      i = end;
    }
  }
  return parts;
}

std::string NameParts::pattern() const {
  std::string result = texts[0];
  for (std::size_t i = 1; i < texts.size(); ++i) result += '#' + texts[i];
  return result;
}

std::string NameParts::with_number(std::size_t i, std::uint64_t number) const {
  std::string result = texts[0];
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    result += fmt::format("{:0{}}", k == i ? number : numbers[k], digits[k]) + texts[k + 1];
  }
  return result;
}

bool natural_less(std::string_view a, std::string_view b) { return less(a, split_name(a), b, split_name(b)); }

void natural_sort(std::vector<std::filesystem::path>& paths) {
  std::vector<std::pair<NameParts, std::filesystem::path>> names;
  for (auto& path : paths) names.emplace_back(split_name(path.native()), std::move(path));
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return less(a.second.native(), a.first, b.second.native(), b.first); });
  std::transform(names.begin(), names.end(), paths.begin(), [](auto& name) { return std::move(name.second); });
}

int counting_number(const std::vector<NameParts>& names) {
  if (names.size() < 2) return -1;
  int best = -1;
  std::uint64_t best_range = 0;
  for (std::size_t i = 0; i < names[0].numbers.size(); ++i) {
    std::vector<std::uint64_t> values;
    for (const NameParts& name : names) values.push_back(name.numbers[i]);
    std::sort(values.begin(), values.end());
    if (std::adjacent_find(values.begin(), values.end()) != values.end()) continue;
    const std::uint64_t range = values.back() - values.front();
    if (best < 0 || range < best_range) {
      best = static_cast<int>(i);
      best_range = range;
    }
  }
  return best;
}

}  // namespace dctprep
