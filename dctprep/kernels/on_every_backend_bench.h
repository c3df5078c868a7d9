// SPDX-License-Identifier: BSD-3-Clause
// What the programs that measure kernels share: each instruction set in turn, and pixels to work on.
#pragma once

#include <benchmark/benchmark.h>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "dctprep/kernels/backend.h"

namespace dctprep {

// Registers "NAME/BACKEND" for each backend of this machine; body(state). Returns a value so that it can stand in a
// static initialiser.
template <class Body>
bool bench_on_every_backend(const std::string& name, Body body) {
  for (const std::string& backend : backends()) {
    benchmark::RegisterBenchmark((name + "/" + backend).c_str(), [body, backend](benchmark::State& state) {
      use_backend(backend);
      body(state);
      use_backend("auto");
    });
  }
  return true;
}

// GB/s of `bytes` that each iteration goes through.
inline void set_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

// Counts of some 200 photons: what most pixels of a scan are like.
inline std::vector<std::uint16_t> noise_pixels(std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> noise(200, 14);
  std::vector<std::uint16_t> pixels(count);
  for (std::uint16_t& pixel : pixels) pixel = static_cast<std::uint16_t>(std::lround(std::max(0.0f, noise(random))));
  return pixels;
}

// `count` pointers to rows of `width` pixels, one after the other.
inline std::vector<const std::uint16_t*> rows_of(const std::vector<std::uint16_t>& pixels, std::size_t width) {
  std::vector<const std::uint16_t*> rows;
  for (std::size_t at = 0; at + width <= pixels.size(); at += width) rows.push_back(pixels.data() + at);
  return rows;
}

}  // namespace dctprep
