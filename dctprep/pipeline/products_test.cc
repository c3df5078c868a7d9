// SPDX-License-Identifier: BSD-3-Clause
// Both halves of the chain by themselves: every producer makes the products of the reference, of any range of blocks,
// and any producer gives the same spots with any maker of spots.
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <thread>
#include <tuple>

#include "dctprep/pipeline/cpu_producer.h"
#include "dctprep/pipeline/queued.h"
#include "dctprep/pipeline/random_scan_test.h"
#include "dctprep/pipeline/reference_producer.h"
#include "dctprep/pipeline/reference_spot_maker.h"
#include "dctprep/pipeline/spot_maker.h"

namespace dctprep {
namespace {

using testing::Draw;

// Keeps what it is handed, and demands the order that is promised.
class Products final : public ProductSink {
 public:
  explicit Products(const RunPlan& plan) : plan_(plan) {}
  void block(BlockProduct product) override {
    if (!blocks.empty()) {
      EXPECT_EQ(product.block, blocks.back().block + 1);
    }
    blocks.push_back(std::move(product));
  }
  void frames(std::vector<FrameProduct> products) override {
    ASSERT_FALSE(products.empty());
    for (FrameProduct& product : products) {
      const BackgroundBlock& block = plan_.blocks[blocks.back().block];
      EXPECT_TRUE(block.first <= product.frame() && product.frame() <= block.last);
      if (!all.empty()) {
        EXPECT_EQ(product.frame(), all.back().frame() + 1);
      }
      all.push_back(std::move(product));
    }
  }
  void transmission(int k, Image<float> image) override {
    EXPECT_TRUE(transmissions.emplace(k, std::move(image)).second) << "frame " << k << " came twice";
  }
  int needs_from(int done) override { return done; }

  std::vector<BlockProduct> blocks;
  std::vector<FrameProduct> all;
  std::map<int, Image<float>> transmissions;

 private:
  const RunPlan& plan_;
};

// (v, u, value, count, saturated) of each voxel, however the runs are cut.
using Place = std::tuple<int, int, int, int, bool>;
std::vector<Place> voxels_of(const FrameProduct& product) {
  std::vector<Place> voxels;
  for (const Run& run : product.sparse.runs) {
    for (int u = run.u_begin; u < run.u_end; ++u) {
      const std::uint32_t at = run.offset + static_cast<std::uint32_t>(u - run.u_begin);
      voxels.emplace_back(run.v, u, product.sparse.values[at], product.values()[at],
                          std::ranges::binary_search(product.sparse.saturated, at));
    }
  }
  return voxels;
}

void expect_same_products(const RunPlan& plan, const Products& a, const Products& b) {
  ASSERT_EQ(a.blocks.size(), b.blocks.size());
  for (std::size_t i = 0; i < a.blocks.size(); ++i) {
    ASSERT_EQ(a.blocks[i].block, b.blocks[i].block);
    const Image<std::uint16_t>&x = *a.blocks[i].background, &y = *b.blocks[i].background;
    for (int v = 0; v < plan.height; ++v) {
      for (int u = 0; u < plan.width; ++u) {
        if (!plan.config.background.save && plan.excluded.contains(v, u)) continue;
        ASSERT_EQ(x(v, u), y(v, u)) << "background " << a.blocks[i].block << " at v " << v << ", u " << u;
      }
    }
  }
  ASSERT_EQ(a.all.size(), b.all.size());
  for (std::size_t i = 0; i < a.all.size(); ++i) {
    const FrameProduct &x = a.all[i], &y = b.all[i];
    ASSERT_EQ(x.frame(), y.frame());
    ASSERT_EQ(x.facts.bad, y.facts.bad);
    ASSERT_EQ(x.facts.fault, y.facts.fault);
    ASSERT_EQ(std::memcmp(&x.facts.intensity, &y.facts.intensity, sizeof x.facts.intensity), 0);
    ASSERT_EQ(x.facts.factor, y.facts.factor);
    ASSERT_EQ(x.facts.offset, y.facts.offset) << "frame " << x.frame();
    ASSERT_EQ(voxels_of(x), voxels_of(y)) << "frame " << x.frame();
  }
  ASSERT_EQ(a.transmissions.size(), b.transmissions.size());
  for (const auto& [k, image] : a.transmissions)
    ASSERT_EQ(std::memcmp(image.data(), b.transmissions.at(k).data(), image.size() * sizeof(float)), 0) << k;
}

// A range of at least one block.
BlockRange draw_range(Draw& draw, const RunPlan& plan) {
  const auto last = static_cast<int>(plan.blocks.size()) - 1;
  const int first = draw.one_in(3) ? 0 : draw.from(0, last);
  const int end = draw.one_in(3) ? last : draw.from(first, last);
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(end) + 1};
}

struct Drawn {
  Scan scan;
  RunPlan plan;
};

Drawn draw_plan(Draw& draw) {
  const int frames = draw.one_in(8) ? 1 : draw.from(1, 40), height = draw.from(1, 20), width = draw.from(1, 33);
  Config config = testing::draw_config(draw, frames, height, width);
  Drawn drawn;
  drawn.scan = testing::draw_scan(draw, config, frames, height, width);
  if (draw.one_in(3)) testing::draw_sigma(draw, drawn.scan, config);
  Progress silent;
  drawn.plan = prepare_run(drawn.scan, config, silent);
  return drawn;
}

TEST(Producers, MakeTheProductsOfTheReferenceOfAnyRangeOfBlocks) {
  std::size_t voxels = 0, transmissions = 0, parts = 0;
  for (unsigned round = 0; round < 400; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Draw draw(20'000 + round);
    const Drawn drawn = draw_plan(draw);
    const RunPlan& plan = drawn.plan;
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(draw.from(1, 3)));
    const BlockRange range = draw_range(draw, plan);
    parts += range.end - range.first < plan.blocks.size();
    Progress silent;
    Products expected(plan), made(plan);
    ReferenceProducer(plan, *drawn.scan.frames, range, silent).produce(expected);
    const bool with_boxes = draw.one_in(2);
    CpuProducer producer(plan, *drawn.scan.frames, range, with_boxes, CpuProducer::memory(plan, range, with_boxes),
                         silent);
    producer.produce(made);
    expect_same_products(plan, expected, made);
    if (HasFatalFailure()) return;
    for (const FrameProduct& product : made.all) voxels += product.sparse.values.size();
    transmissions += made.transmissions.size();
  }
  EXPECT_GT(voxels, 10'000u);
  EXPECT_GT(transmissions, 500u);
  EXPECT_GT(parts, 100u);
}

// Takes its time.
class SlowSink final : public ProductSink {
 public:
  void block(BlockProduct) override {}
  void frames(std::vector<FrameProduct> products) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    taken_in = products.back().frame() + 1;
  }
  void transmission(int, Image<float>) override {}
  int needs_from(int) override { return taken_in; }
  std::atomic<int> taken_in = 0;
};

TEST(Queued, NeedsFromWaitsForEveryFrameBefore) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 2);
  for (int done = 0; done <= 32; ++done) {
    SlowSink sink;
    Queued queued(sink);
    for (int first = 0; first < 32; first += 4) {
      std::vector<FrameProduct> products(4);
      for (int i = 0; i < 4; ++i) products[static_cast<std::size_t>(i)].sparse.frame = first + i;
      queued.frames(std::move(products));
    }
    EXPECT_GE(queued.needs_from(done), done);
    EXPECT_GE(sink.taken_in, done);
  }
}

template <class Maker>
MemoryResult spots_of(const RunPlan& plan, FrameProducer& producer, Maker& maker, MemorySink& sink, bool queued) {
  sink.begin(result_header(plan, ""));
  if (queued)
    Queued(maker).run(producer);
  else
    producer.produce(maker);
  maker.finish({});
  return sink.take();
}

TEST(SpotMakers, MakeTheSpotsOfTheReferenceWhateverFeedsThem) {
  std::size_t spots = 0;
  for (unsigned round = 0; round < 300; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Draw draw(30'000 + round);
    const Drawn drawn = draw_plan(draw);
    const RunPlan& plan = drawn.plan;
    const FrameSource& source = *drawn.scan.frames;
    const BlockRange all = all_blocks(plan);
    Progress silent;
    // A maker that waits for all frames asks for boxes of all of them.
    ReferenceProducer reference(plan, source, all, silent);
    Products ignored(plan);
    reference.produce(ignored);
    std::vector<MemoryResult> results;
    for (const bool queued : {false, true}) {
      for (const bool with_cpu : {false, true}) {
        const auto producer = [&](bool with_boxes) -> std::unique_ptr<FrameProducer> {
          if (!with_cpu) return std::make_unique<ReferenceProducer>(plan, source, all, silent);
          return std::make_unique<CpuProducer>(plan, source, all, with_boxes,
                                               CpuProducer::memory(plan, all, with_boxes), silent);
        };
        {
          MemorySink sink;
          ReferenceSpotMaker maker(plan, reference.boxes(), sink);
          results.push_back(spots_of(plan, *producer(false), maker, sink, queued));
        }
        MemorySink sink;
        const auto with_boxes = producer(plan.config.spots.photometry);
        SpotMaker maker(plan, with_boxes->boxes(), SpotMaker::memory(plan), sink);
        results.push_back(spots_of(plan, *with_boxes, maker, sink, queued));
      }
    }
    for (std::size_t i = 1; i < results.size(); ++i) {
      SCOPED_TRACE("wiring " + std::to_string(i));
      testing::expect_same(results[0], results[i]);
      if (HasFatalFailure()) return;
    }
    spots += results[0].spots.size();
  }
  EXPECT_GT(spots, 500u);
}

}  // namespace
}  // namespace dctprep
