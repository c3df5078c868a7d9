#include "dctprep/kernels/bit_rows.h"

#include <array>

#include "dctprep/base/assert.h"

namespace dctprep {

namespace {

using Word = std::uint64_t;

// Numbers of `Planes` bits, 64 side by side: plane p holds bit p of each.
template <std::size_t Planes>
using Numbers = std::array<Word, Planes>;

// sum += number, which must not overflow.
template <std::size_t Planes, std::size_t Fewer>
void add(Numbers<Planes>& sum, const Numbers<Fewer>& number) {
  Word carry = 0;
  for (std::size_t p = 0; p < Planes; ++p) {
    const Word a = sum[p], b = p < Fewer ? number[p] : 0;
    sum[p] = a ^ b ^ carry;
    carry = (a & b) | (carry & (a ^ b));
  }
}

template <std::size_t Planes>
Word at_least(const Numbers<Planes>& numbers, unsigned least) {
  Word above = 0, equal = ~Word{0};
  for (std::size_t p = Planes; p-- > 0;) {
    const Word wanted = (least >> p & 1) != 0 ? ~Word{0} : 0;
    above |= equal & numbers[p] & ~wanted;
    equal &= ~(numbers[p] ^ wanted);
  }
  return above | equal;
}

// The numbers `by` columns further on (to the left of those asked for: by < 0).
template <std::size_t Planes>
Numbers<Planes> moved(const Numbers<Planes>* numbers, int by) {
  Numbers<Planes> result;
  for (std::size_t p = 0; p < Planes; ++p) {
    const Word here = numbers[0][p];
    result[p] = by == 0  ? here
                : by < 0 ? here << -by | numbers[-1][p] >> (64 + by)
                         : here >> by | numbers[1][p] << (64 - by);
  }
  return result;
}

template <int Radius>
bool window_has(const Word* const* rows, std::size_t width, unsigned least, Word* out, std::vector<Word>& scratch) {
  constexpr std::size_t kInColumn = Radius == 1 ? 2 : 3;  // bits of 2 Radius + 1
  constexpr std::size_t kInWindow = Radius == 1 ? 4 : Radius == 2 ? 5 : 6;
  using Column = Numbers<kInColumn>;
  const std::size_t words = words_of_bits(width);
  if (scratch.size() < (words + 2) * kInColumn) scratch.resize((words + 2) * kInColumn);
  Column* columns = reinterpret_cast<Column*>(scratch.data()) + 1;
  Word any = 0;
  for (std::size_t w = 0; w < words; ++w) {
    Column sum{};
    for (int i = 0; i <= 2 * Radius; ++i) add(sum, Numbers<1>{rows[i][w]});
    columns[w] = sum;
    for (const Word plane : sum) any |= plane;
  }
  if (any == 0) return false;
  // The edges' columns go on beyond them.
  const std::size_t last = (width - 1) % 64;
  for (std::size_t p = 0; p < kInColumn; ++p) {
    columns[-1][p] = (columns[0][p] & 1) != 0 ? ~Word{0} : 0;
    Word& end = columns[words - 1][p];
    const Word edge = (end >> last & 1) != 0 ? ~Word{0} : 0;
    if (last < 63) end |= edge << (last + 1);
    columns[words][p] = edge;
  }
  any = 0;
  for (std::size_t w = 0; w < words; ++w) {
    Word near = 0;
    for (std::size_t p = 0; p < kInColumn; ++p)
      near |= columns[w][p] | columns[w - 1][p] >> 61 | columns[w + 1][p] << 61;
    if (near == 0) {
      out[w] = 0;
      continue;
    }
    Numbers<kInWindow> sum{};
    for (int by = -Radius; by <= Radius; ++by) add(sum, moved<kInColumn>(columns + w, by));
    out[w] = at_least(sum, least);
    if (w + 1 == words && last < 63) out[w] &= (Word{1} << (last + 1)) - 1;
    any |= out[w];
  }
  return any != 0;
}

}  // namespace

bool window_has(const Word* const* rows, int radius, std::size_t width, unsigned least, Word* out,
                std::vector<Word>& scratch) {
  DCTPREP_ASSERT(radius >= 1 && radius <= kMostWindowRadius && width >= 1);
  const bool any = radius == 1   ? window_has<1>(rows, width, least, out, scratch)
                   : radius == 2 ? window_has<2>(rows, width, least, out, scratch)
                                 : window_has<3>(rows, width, least, out, scratch);
  return any;
}

}  // namespace dctprep
