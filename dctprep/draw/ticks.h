// SPDX-License-Identifier: BSD-3-Clause
// Round numbers along an axis.
#pragma once

#include <string>
#include <vector>

namespace dctprep::draw {

struct Tick {
  double value = 0;
  std::string label;  // "" at minor ticks
};

// At most `max_count` (at least 2) multiples of 1, 2 or 5 times a power of ten inside [low, high], with just enough
// digits, and exponents ("2×10⁵") from a million on. Nothing where the range is empty or not finite.
// Steps of at least `least_step`.
std::vector<Tick> linear_ticks(double low, double high, int max_count, double least_step = 0);

// Powers of ten inside [low, high], 0 < low < high, thinned to at most `max_count`; with unlabelled minor ticks at 2
// ... 9 between where powers follow each other. Where fewer than two powers lie inside, 1, 2 and 5 times powers or
// linear ones.
std::vector<Tick> log_ticks(double low, double high, int max_count);

// Linear ones whose steps divide the circle: 5, 10, 15, 30, 45, 60, 90, 180 degrees.
std::vector<Tick> degree_ticks(double low, double high, int max_count);

// "0", "0.25", "1200", "10⁴", "2.5×10⁶", "1.2×10⁻³": `digits` significant digits at most.
std::string format_number(double value, int digits = 4);

// "12 345": thousands apart from ten thousand on.
std::string format_count(unsigned long long count);

}  // namespace dctprep::draw
