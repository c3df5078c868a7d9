// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/npy.h"

#include <charconv>
#include <cstring>
#include <string>

#include "dctprep/base/error.h"
#include "dctprep/read/image/image_reader.h"

namespace dctprep {

namespace {

constexpr std::size_t kMaxNpyHeader = std::size_t{1} << 20;

// What stands behind 'key': in the header's dictionary.
std::string npy_value(const std::string& header, const std::string& key) {
  const std::size_t at = header.find("'" + key + "'");
  const std::size_t colon = at == std::string::npos ? at : header.find(':', at);
  const std::size_t begin = colon == std::string::npos ? colon : header.find_first_not_of(' ', colon + 1);
  if (begin == std::string::npos) fail("damaged npy header: no {}", key);
  return header.substr(begin);
}

PixelType npy_type(const std::string& descr) {
  // '<u2', '|b1', ...
  PixelType type;
  if (descr.size() < 5 || descr[0] != '\'') fail("npy arrays of records are not supported");
  type.big_endian = descr[1] == '>';
  const char kind = descr[2];
  type.bytes = descr[3] - '0';
  type.kind = kind == 'f' ? PixelKind::kFloat : kind == 'i' ? PixelKind::kSigned : PixelKind::kUnsigned;
  const bool size_known = type.bytes == 1 || type.bytes == 2 || type.bytes == 4 || type.bytes == 8;
  if (descr[4] != '\'' || !size_known || std::strchr("biuf", kind) == nullptr || kind == '\0') {
    fail("npy arrays of type {} are not supported",
         descr.substr(0, std::min<std::size_t>(descr.find_first_of(",}"), 12)));
  }
  return type;
}

}  // namespace

bool is_npy(const ByteSource& source) {
  const auto magic = source.read(0, 6);
  return magic.size() == 6 && std::memcmp(magic.data(), "\x93NUMPY", 6) == 0;
}

Npy read_npy(const ByteSource& source) {
  const auto start = source.read(0, 12);
  if (start.size() < 12) fail("cut short");
  const bool wide = start[6] >= 2;
  const std::size_t length =
      static_cast<std::size_t>(start[8]) | static_cast<std::size_t>(start[9]) << 8 |
      (wide ? static_cast<std::size_t>(start[10]) << 16 | static_cast<std::size_t>(start[11]) << 24 : 0);
  const std::size_t begin = wide ? 12 : 10;
  if (length > kMaxNpyHeader) fail("damaged npy header");
  const auto bytes = source.read(begin, length);
  if (bytes.size() != length) fail("cut short");
  const std::string header(bytes.begin(), bytes.end());

  Npy array;
  array.type = npy_type(npy_value(header, "descr"));
  array.column_by_column = npy_value(header, "fortran_order").starts_with("True");
  const std::string shape = npy_value(header, "shape");
  std::int64_t sides[2] = {0, 0};
  const char* at = shape.data();
  const char* const end = at + shape.size();
  for (std::int64_t& side : sides) {
    while (at < end && (*at == ' ' || *at == '(' || *at == ',')) ++at;
    const auto [next, error] = std::from_chars(at, end, side);
    if (error != std::errc()) fail("the array is not of two dimensions");
    at = next;
  }
  while (at < end && (*at == ' ' || *at == ',')) ++at;
  if (at == end || *at != ')') fail("the array is not of two dimensions");
  check_image_size(sides[0], sides[1]);
  array.height = static_cast<int>(sides[0]);
  array.width = static_cast<int>(sides[1]);
  const auto size = static_cast<std::uint64_t>(sides[0]) * static_cast<std::uint64_t>(sides[1]) *
                    static_cast<std::uint64_t>(array.type.bytes);
  if (source.size() < begin + length + size) fail("cut short: the array needs {} bytes", size);
  array.stored = source.read(begin + length, static_cast<std::size_t>(size));
  if (array.stored.size() != size) fail("the file was cut short");
  return array;
}

}  // namespace dctprep
