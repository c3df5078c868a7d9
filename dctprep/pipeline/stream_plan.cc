#include "dctprep/pipeline/stream_plan.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace dctprep {

namespace {

std::vector<int> needed_frames(const BackgroundBlock& block, int frames, const BackgroundOptions& options, bool wrap) {
  std::vector<int> needed = background_window(block.centre, frames, options, wrap);
  for (int k = block.first; k <= block.last; ++k) needed.push_back(k);
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  return needed;
}

}  // namespace

StreamPlan plan_stream(const std::vector<BackgroundBlock>& blocks, int frames, const BackgroundOptions& options,
                       bool wrap) {
  // With a stride, the windows of consecutive blocks hold different frames until the same ones come round again.
  const int block_size = std::max(1, 2 * options.half_step);
  const auto ahead = static_cast<std::size_t>(options.stride / std::gcd(block_size, options.stride));
  StreamPlan plan;
  std::vector<std::uint8_t> held(static_cast<std::size_t>(frames), 0);
  std::vector<std::size_t> wanted_at(static_cast<std::size_t>(frames), 0);  // the last block that wanted it, plus one
  std::vector<int> holding;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    StreamStep step;
    for (const int k : needed_frames(blocks[b], frames, options, wrap)) {
      if (held[static_cast<std::size_t>(k)] != 0) continue;
      held[static_cast<std::size_t>(k)] = 1;
      step.read.push_back(k);
    }
    holding.insert(holding.end(), step.read.begin(), step.read.end());
    plan.most_frames = std::max(plan.most_frames, static_cast<int>(holding.size()));
    for (std::size_t next = b + 1; next < blocks.size() && next <= b + ahead; ++next) {
      for (const int k : needed_frames(blocks[next], frames, options, wrap))
        wanted_at[static_cast<std::size_t>(k)] = b + 1;
    }
    std::erase_if(holding, [&](int k) {
      if (wanted_at[static_cast<std::size_t>(k)] == b + 1) return false;
      step.drop.push_back(k);
      held[static_cast<std::size_t>(k)] = 0;
      return true;
    });
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

}  // namespace dctprep
