// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/series_config.h"

#include <gtest/gtest.h>

#include "dctprep/config/config_file.h"

namespace dctprep {
namespace {

TEST(SeriesConfig, LeavesToEachScanWhatWasFoundInOne) {
  Config given;
  given.scan.path = "/data/p.h5";
  given.scan.flat = "/data/flats.h5";  // a person's decision
  Config found = given;
  found.scan.dark = "/data/p.h5::/entry/dark";
  found.scan.omega_start = 10.5;
  found.scan.wrap = true;
  found.scan.saturation = 65535;
  found.scan.bad_frames = {3, 7};
  found.beam.region = Region{1, 2, 30, 40};
  found.segment.seed = 25;
  Comments comments{{"scan.dark", "found with the scan"}, {"segment.seed", "5 sigma"}};
  Config written = found;
  const auto left = leave_to_each_scan(given, written, comments);

  EXPECT_EQ(written.scan, given.scan);
  // What is tuned by hand serves the series.
  EXPECT_EQ(written.beam, found.beam);
  EXPECT_EQ(written.segment, found.segment);
  EXPECT_EQ(comments["scan.dark"], "in this scan: \"/data/p.h5::/entry/dark\"; found with the scan");
  EXPECT_EQ(comments["scan.bad_frames"], "in this scan: [3, 7]");
  EXPECT_EQ(comments["segment.seed"], "5 sigma");
  EXPECT_FALSE(comments.contains("scan.flat"));
  EXPECT_EQ(left.size(), 5u);
  EXPECT_EQ(left.at("scan.omega_start"), "10.5");
}

TEST(SeriesConfig, NothingFoundLeavesTheConfigurationAsItIs) {
  Config config;
  config.scan.bad_frames = {1};
  config.scan.omega_step = 0.1;
  Config written = config;
  Comments comments;
  EXPECT_TRUE(leave_to_each_scan(config, written, comments).empty());
  EXPECT_EQ(written, config);
  EXPECT_TRUE(comments.empty());
}

}  // namespace
}  // namespace dctprep
