// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/export.h"

#include <fstream>
#include <gtest/gtest.h>
#include <limits>

#include "dctprep/base/error.h"
#include "dctprep/write/random_result_test.h"
#include "dctprep/write/result_writer.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

void save_result(MemoryResult result, const fs::path& path) {
  for (std::size_t i = 0; i < result.spots.size() && i < 3; ++i) {
    const double odd[] = {1.0 / 3, std::numeric_limits<double>::denorm_min(), 1e300};
    result.spots[i].spot.omega = odd[i];
    result.spots[i].spot.frame = 17;
  }
  ResultWriter writer(path, Compression::kGzip, false);
  testing::play(result, writer);
}

TEST(ExportCsv, Python_reads_the_same_bits_from_it_as_from_the_result) {
  for (const int spots : {0, 1, 80}) {
    TemporaryFolder folder;
    save_result(testing::random_result(1, {.spots = spots, .photometry = spots != 0, .mates = spots != 1}),
                folder / "out.h5");
    export_result(ResultFile(folder / "out.h5"), find_export_format("csv"), folder / "out.csv", false);
    const auto answer = testing::run_python(R"(
import csv, h5py, numpy as np
rows = list(csv.reader(open('out.csv')))
f = h5py.File('out.h5')['entry/spots']
assert rows[0][:3] == ['id', 'frame_start', 'frame_end'] and set(rows[0]) == set(f)
assert open('out.csv').read().endswith('\n')
for c, name in enumerate(rows[0]):
    kind = float if f[name].dtype.kind == 'f' else int
    assert np.array_equal(np.array([kind(row[c]) for row in rows[1:]], f[name].dtype), f[name][()]), name
print(len(rows) - 1 == len(f['id']))
)",
                                            folder.path());
    EXPECT_EQ(answer.output, "True\n");
  }
}

TEST(Export, Refuses_existing_files_the_result_itself_and_unknown_formats) {
  TemporaryFolder folder;
  save_result(testing::random_result(2), folder / "out.h5");
  const ResultFile result(folder / "out.h5");
  const ExportFormat& csv = find_export_format("csv");
  EXPECT_THROW(export_result(result, csv, folder / "out.h5", true), Error);
  EXPECT_EQ(ResultFile(folder / "out.h5").spots().size(), result.spots().size());
  export_result(result, csv, folder / "out.csv", false);
  EXPECT_THROW(export_result(result, csv, folder / "out.csv", false), Error);
  export_result(result, csv, folder / "out.csv", true);
  try {
    find_export_format("xls");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("csv"), std::string::npos);
  }
}

TEST(Export, A_full_disk_is_an_error_that_names_the_output) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  TemporaryFolder folder;
  save_result(testing::random_result(3), folder / "out.h5");
  const ResultFile result(folder / "out.h5");
  EXPECT_THROW(find_export_format("csv").write(result, "/dev/full"), Error);
  // A format whose writing fails leaves nothing.
  const ExportFormat failing{"failing", "", "", [](const ResultFile&, const fs::path& path) {
                               std::ofstream(path) << "half";
                               fail("no more room");
                             }};
  try {
    export_result(result, failing, folder / "half", false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), (folder / "half").string() + ": no more room");
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace dctprep
