// SPDX-License-Identifier: BSD-3-Clause
// The frames that photometry may still ask for while a scan streams by.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "dctprep/background/compact_frame.h"
#include "dctprep/base/image.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/measure/photometry.h"
#include "dctprep/pipeline/setup.h"

namespace dctprep {

// Holds no pixels of its own but a bit for each, where F reaches the lowest growth threshold. Frames and backgrounds
// are those of the run, which must not let go of them while they may be asked for. Every function may be called beside
// any other.
class PhotometryRing final : public FrameBoxes {
 public:
  explicit PhotometryRing(const Setup& setup);

  // Frames before the one that is segmented which a spot may reach back to, with the margin.
  static int reach(const Setup& setup) { return setup.config.spots.photometry_frames + 2 * kPhotometryFrameMargin; }
  // Of a wrapped scan, what is asked for at its end too: as many frames from its start.
  static int kept_start(const Setup& setup) { return setup.wrap ? reach(setup) : 0; }
  // Most bytes of it, where `together` frames are segmented before blobs are measured.
  static std::uint64_t bytes(const Setup& setup, int together);

  void hold(int k, const CompactFrame& pixels, float factor);
  void release(int k);
  void bad(int k);
  void subtract(int k, std::shared_ptr<const Image<std::uint16_t>> background, std::int32_t offset);
  // Backgrounds of the frames before `k` are let go.
  void forget_backgrounds(int k);
  // Claims are made and let go by one thread, while nobody reads.
  void claim(const SparseFrame& frame);
  void forget_claims(int k);

  bool read(int k, const Region& box, FrameBox& out) const override;

 private:
  struct Held {
    const CompactFrame* pixels = nullptr;
    float factor = 1;
    std::int32_t offset = 0;
    bool is_bad = false;
    std::shared_ptr<const Image<std::uint16_t>> background;
    std::shared_ptr<std::vector<std::uint64_t>> claims;  // a bit a pixel
  };

  int width_;
  std::size_t words_;  // of the claims of a frame
  int kept_start_;
  mutable std::mutex mutex_;
  std::vector<Held> frames_;
  std::vector<std::shared_ptr<std::vector<std::uint64_t>>> spare_claims_;  // whose memory has been touched already
};

}  // namespace dctprep
