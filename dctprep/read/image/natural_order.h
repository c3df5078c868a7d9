// SPDX-License-Identifier: BSD-3-Clause
// File names in the order of the numbers in them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dctprep {

// A file name cut into texts and numbers, text first: "im_0017.edf" is texts {"im_", ".edf"}, numbers {17}. An ending
// .gz or .bz2 is left out. Digits beyond 18 belong to the texts.
struct NameParts {
  std::vector<std::string> texts;  // numbers.size() + 1
  std::vector<std::uint64_t> numbers;
  std::vector<int> digits;  // of each number, as written

  // The texts with # for each number: files of one pattern are a family.
  std::string pattern() const;
  // The name with number `i` replaced, written with as many digits at least.
  std::string with_number(std::size_t i, std::uint64_t number) const;
};
NameParts split_name(std::string_view name);

// Numbers by value, texts by their bytes; equal names of other digits ("a1", "a01") by their bytes.
bool natural_less(std::string_view a, std::string_view b);
// Sorts so; each name is cut only once.
void natural_sort(std::vector<std::filesystem::path>& paths);

// Which of the numbers counts the files: the one that is different in every file, of several such the one of smallest
// range; -1 where there is none. All of one pattern.
int counting_number(const std::vector<NameParts>& names);

// `name` without .gz or .bz2 (either case).
std::string_view without_compression(std::string_view name);

}  // namespace dctprep
