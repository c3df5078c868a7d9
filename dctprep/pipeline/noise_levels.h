// Levels in units of the noise, as counts over one background: what a frame's pixels are compared with where
// segment.unit = "sigma". docs/sigma.md.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/pipeline/setup.h"

namespace dctprep {

// Of one background, which must outlive it.
struct BlockNoise {
  Image<std::uint16_t> filled;  // the background with bad pixels replaced; empty where none is bad
  ImageView<const std::uint16_t> background;
  Image<std::uint16_t> least;  // F of at least this reaches the lowest level
  // A window of the 2D median whose middle reaches the level holds enough pixels of at least `lowest` + more(v, u).
  int lowest = 1;
  Image<std::uint16_t> more;
};

// Most bytes of one, over a background of `pixels` pixels.
constexpr std::uint64_t block_noise_bytes(std::uint64_t pixels) { return pixels * 6; }

// Immutable; over() may be called from many threads.
class NoiseLevels {
 public:
  // `radius` of the 2D median; 0: none.
  NoiseLevels(const Setup& setup, int radius);
  BlockNoise over(ImageView<const std::uint16_t> background) const;

 private:
  const Setup& setup_;
  int radius_;
  std::vector<std::uint8_t> bad_row_;  // 1 where a row holds a bad pixel
  bool any_bad_ = false;
  std::vector<std::uint16_t> least_;  // of each background
};

}  // namespace dctprep
