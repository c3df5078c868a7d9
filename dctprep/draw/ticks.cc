// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/ticks.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string_view>

namespace dctprep::draw {

namespace {

std::string superscript(int value) {
  static constexpr std::string_view kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = value < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(value))) text += kDigits[digit - '0'];
  return text;
}

// The hyphen of numbers becomes a true minus.
std::string with_minus(std::string text) {
  if (!text.empty() && text.front() == '-') text.replace(0, 1, "−");
  return text;
}

std::string trim_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string scientific(double value, int digits) {
  int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
  double mantissa = value / std::pow(10.0, exponent);
  const double unit = std::pow(10.0, digits - 1);
  mantissa = std::round(mantissa * unit) / unit;
  if (std::abs(mantissa) >= 10) {
    mantissa /= 10;
    ++exponent;
  }
  if (mantissa == 1) return "10" + superscript(exponent);
  if (mantissa == -1) return "−10" + superscript(exponent);
  return with_minus(trim_zeros(fmt::format("{:.{}f}", mantissa, digits - 1))) + "×10" + superscript(exponent);
}

// A step of 1, 2 or 5 times a power of ten, of which at most max_count - 1 fit the span.
double nice_step(double span, int max_count) {
  const double least = span / (max_count - 1);
  double step = std::pow(10.0, std::floor(std::log10(least)));
  // Exact products of 1, 2 and 5, one after the other, until it is enough.
  for (int turn = 0; step < least * (1 - 1e-12); ++turn) step *= turn % 3 == 1 ? 2.5 : 2;
  return step;
}

bool usable(double low, double high) {
  return std::isfinite(low) && std::isfinite(high) && low < high && std::isfinite(high - low) &&
         high - low > 1e-13 * std::max(std::abs(low), std::abs(high)) && high - low > 1e-290;
}

}  // namespace

std::string format_number(double value, int digits) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "inf" : "−inf";
  if (value == 0) return "0";
  const double magnitude = std::abs(value);
  if (magnitude >= 999'999.5 || magnitude < 1e-3) return scientific(value, std::max(1, digits - 1));
  const int whole = std::max(1, static_cast<int>(std::floor(std::log10(magnitude))) + 1);
  const int decimals =
      magnitude < 1 ? digits + static_cast<int>(-std::floor(std::log10(magnitude))) - 1 : digits - whole;
  return with_minus(trim_zeros(fmt::format("{:.{}f}", value, std::max(0, decimals))));
}

std::string format_count(unsigned long long count) {
  std::string text = std::to_string(count);
  if (count < 10'000) return text;
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, " ");
  return text;
}

std::vector<Tick> linear_ticks(double low, double high, int max_count, double least_step) {
  std::vector<Tick> ticks;
  if (!usable(low, high)) return ticks;
  const double step = std::max(least_step, nice_step(high - low, std::max(2, max_count)));
  const double slack = 1e-9;  // of a step: ends that are round themselves count
  const double first = std::ceil(low / step - slack);
  const double last = std::floor(high / step + slack);
  const double largest = std::max(std::abs(low), std::abs(high));
  for (double i = first; i <= last && ticks.size() < 1000; ++i) {
    const double value = i == 0 ? 0 : i * step;
    std::string label;
    if (value == 0) {
      label = "0";
    } else if (largest >= 1e6 || largest < 1e-3) {
      label = scientific(value,
                         std::clamp(static_cast<int>(std::ceil(std::log10(std::abs(value) / step) - 1e-9)) + 1, 1, 12));
    } else {
      label = with_minus(
          fmt::format("{:.{}f}", value, std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)))));
    }
    ticks.push_back({value, std::move(label)});
  }
  return ticks;
}

std::vector<Tick> log_ticks(double low, double high, int max_count) {
  std::vector<Tick> ticks;
  if (!(low > 0) || !usable(low, high)) return ticks;
  max_count = std::max(2, max_count);
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  if (last - first < 1) {
    for (int exponent = first - 1; exponent <= last; ++exponent) {
      for (const int digit : {1, 2, 5}) {
        const double value = digit * std::pow(10.0, exponent);
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) ticks.push_back({value, format_number(value, 2)});
      }
    }
    if (ticks.size() < 2) return linear_ticks(low, high, max_count);
    if (static_cast<int>(ticks.size()) > max_count) ticks.resize(static_cast<std::size_t>(max_count));
    return ticks;
  }
  const int step = (last - first + max_count - 2) / (max_count - 1);
  for (int exponent = first - 1; exponent <= last; ++exponent) {
    const double power = std::pow(10.0, exponent);
    const bool labelled = exponent >= first && (exponent - first) % step == 0;
    if (labelled) {
      ticks.push_back({power, exponent >= 0 && exponent <= 3 ? format_number(power) : "10" + superscript(exponent)});
    }
    for (int digit = 2; digit < 10 && step == 1; ++digit) {
      if (digit * power > low && digit * power < high) ticks.push_back({digit * power, ""});
    }
  }
  return ticks;
}

std::vector<Tick> degree_ticks(double low, double high, int max_count) {
  std::vector<Tick> ticks;
  if (!usable(low, high) || high - low < 20 || high - low > 3600) return linear_ticks(low, high, max_count);
  max_count = std::max(2, max_count);
  double step = 180;
  for (const double candidate : {5.0, 10.0, 15.0, 30.0, 45.0, 60.0, 90.0}) {
    if ((high - low) / candidate <= max_count - 1) {
      step = candidate;
      break;
    }
  }
  while ((high - low) / step > max_count - 1) step *= 2;
  for (double i = std::ceil(low / step - 1e-9); i <= std::floor(high / step + 1e-9); ++i) {
    ticks.push_back({i * step, with_minus(fmt::format("{:.0f}", i == 0 ? 0 : i * step))});
  }
  return ticks;
}

}  // namespace dctprep::draw
