// SPDX-License-Identifier: BSD-3-Clause
// What a user can get wrong, one line each. Every one ends with its exit status and one line on stderr, and leaves
// everything as it was.
#include <memory>
#include <unistd.h>
#include <vector>

#include "command_fixture_test.h"

namespace dctprep {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Wrong {
  std::string arguments;
  int status;
  std::string says;  // of the line
};

class WrongInputs : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<testing::TemporaryFolder>();
    const auto made = testing::run_command(
        fmt::format("cd '{}' && PYTHONWARNINGS=ignore /usr/bin/python3 '{}'", folder_->path().string(),
                    testing::source_path("apps/dctprep/wrong_inputs_test.py").string()));
    ASSERT_EQ(made.status, 0) << made.output;
    // The scan itself is sound, so that what is refused is what is wrong.
    const Answer run = run_dctprep(folder_->path(), "run scan.h5 -o result.h5 --quiet");
    ASSERT_EQ(run.status, 0) << run.err;
    const std::string result = content(*folder_ / "result.h5");
    for (const std::size_t size : {std::size_t{100}, std::size_t{3000}, result.size() - 1})
      std::ofstream(*folder_ / fmt::format("result_{}.h5", size > 3000 ? "cut" : std::to_string(size)),
                    std::ios::binary)
          << result.substr(0, size);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  // Each of `list` between `front` and `behind`, which they share; `before` as run_dctprep has it.
  static void expect_refused(const std::vector<Wrong>& list, const std::string& front = "",
                             const std::string& behind = "", const std::string& before = "") {
    const auto untouched = snapshot(folder_->path());
    for (const Wrong& wrong : list) {
      const Answer answer = run_dctprep(folder_->path(), front + wrong.arguments + behind, before);
      EXPECT_EQ(answer.status, wrong.status) << wrong.arguments << "\n" << answer.err;
      EXPECT_EQ(answer.out, "") << wrong.arguments;
      const std::string error = without_warnings(answer.err);
      EXPECT_TRUE(is_one_line(error)) << wrong.arguments << "\n" << error;
      EXPECT_TRUE(error.starts_with("dctprep: error: ")) << wrong.arguments << "\n" << error;
      EXPECT_NE(error.find(wrong.says), std::string::npos) << wrong.arguments << "\n" << error;
      EXPECT_LT(error.size(), 500u) << wrong.arguments << "\n" << error;
      EXPECT_EQ(error.find("internal"), std::string::npos) << wrong.arguments << "\n" << error;
      const auto now = snapshot(folder_->path());
      EXPECT_EQ(now, untouched) << wrong.arguments;
    }
  }
  static std::unique_ptr<testing::TemporaryFolder> folder_;
};

std::unique_ptr<testing::TemporaryFolder> WrongInputs::folder_;

TEST_F(WrongInputs, Scans) {
  expect_refused(
      {
          {"run absent.h5", kFailed, "absent.h5: no such file or folder; a scan is"},
          {"run absent/scan.h5", kFailed, "absent/scan.h5: no such file"},
          {"run ''", kUsage, "a SCAN needs a name"},
          {"run 'no*.edf'", kFailed, "no*.edf: no file matches"},
          {"run empty.h5", kFailed, "empty.h5: the file is empty"},
          {"run empty.edf", kFailed, "empty.edf: the file is empty"},
          {"run text.h5", kFailed, "text.h5: neither HDF5 nor an image"},
          {"run text.edf", kFailed, "text.edf: neither"},
          {"run text.tif", kFailed, "text.tif: neither"},
          {"run mask.npy", kFailed, "convert them to EDF, TIFF, CBF or HDF5"},
          {"run pipe.h5", kFailed, "pipe.h5: is not a regular file"},
          {"run broken_link.h5", kFailed, "broken_link.h5: no such file"},
          {"run folder", kFailed, "folder: no files there"},
          {"run folder.h5", kFailed, "folder.h5: no files there"},
          {"run notes", kFailed, "no image among its 1 file"},
          {"run cut10.h5", kFailed, "cut10.h5: cut short: "},
          {"run cut40.h5", kFailed, "cut40.h5: cut short: "},
          {"run cut99.h5", kFailed, "bytes are there; copy it again"},
          {"run head_image.edf", kFailed, "head_image.edf: the EDF header does not end"},
          {"run half_image.edf", kFailed, "half_image.edf: cut short"},
          {"run head_image.cbf", kFailed, "head_image.cbf: "},
          {"run half_image.cbf", kFailed, "half_image.cbf: cut short"},
          {"run head_image.tif", kFailed, "head_image.tif: damaged TIFF: Can not"},
          {"run half_image.tif", kFailed, "half_image.tif: cut short"},
          {"run colour.tif", kFailed, "colour.tif: a TIFF colour image is not supported"},
          {"run result.h5", kFailed, "result.h5: is a result of dctprep and no scan"},
          {"run result_cut.h5", kFailed, "result_cut.h5: cut short"},
          {"run scan.h5::/absent", kFailed, "scan.h5::/absent: no such dataset"},
          {"run scan.h5::/data/x", kFailed, "(/data/x is missing)"},
          {"run scan.h5::omega", kFailed, "scan.h5::/omega: of 1 dimensions, but frames need 2 or 3"},
          {"run image.edf::/data", kFailed, "image.edf: is not an HDF5 file, so it has no dataset /data"},
          {"run folder::/data", kFailed, "folder: is a folder, so it has no dataset"},
          {"run nothing.h5", kFailed, "nothing.h5: holds no stack of frames"},
          {"run several.h5", kFailed, "and 35 more"},
          {"run huge.h5", kFailed, "huge.h5::/data: none of the "},
      },
      "", " -o out.h5 --quiet");
}

TEST_F(WrongInputs, Datasets) {
  expect_refused(
      {
          {"run odd.h5", kFailed, "name one as FILE.h5::/fraction"},
          {"run odd.h5::/group", kFailed, "odd.h5::/group: holds no stack"},
          {"run odd.h5::/line", kFailed, "of 1 dimensions"},
          {"run odd.h5::/text", kFailed, "odd.h5::/text: of 0 dimensions"},
          {"run odd.h5::/none", kFailed, "0 x 24 x 40, which holds no frame"},
          {"run odd.h5::/narrow", kFailed, "12 x 24 x 0, which holds no frame"},
          {"run odd.h5::/five", kFailed, "2 x 2 x 2 x 24 x 40"},
          {"run odd.h5::/pairs", kFailed, "holds no numbers"},
          {"run odd.h5::/complex", kFailed, "holds no numbers"},
          {"run odd.h5::/dangling", kFailed, "the link /dangling leads to nothing"},
          {"run odd.h5::/outside", kFailed, "leads to gone.h5::/data, which is not there"},
          {"run hole --set scan.max_bad_frames=0", kFailed, "missing: frame 4: ff0004.edf: there is no such file"},
          {"run damaged --set scan.max_bad_frames=0", kFailed, "unreadable: frame 3: ff0003.edf: cut short"},
          {"run mixed --set scan.max_bad_frames=0", kFailed, "unreadable: frame 6: ff0006.edf: is of 10 x 40 pixels"},
          {"run lost.h5 --set scan.max_bad_frames=0", kFailed, "frame 6: its source gone.h5 is gone"},
      },
      "", " -o out.h5 --quiet");
}

// Read as the nearest that is a pixel, with a warning.
TEST_F(WrongInputs, ValuesThatAreNoPixelsEndNoRun) {
  for (const std::string odd : {"odd.h5::/fraction", "odd.h5::/negative", "odd.h5::/large", "odd.h5::/not_a_number",
                                "scan.h5 --set scan.dark=dark_fraction.h5"}) {
    const Answer answer = run_dctprep(folder_->path(), "run " + odd + " -o odd_spots.h5 --force --quiet");
    EXPECT_EQ(answer.status, 0) << odd << "\n" << answer.err;
    EXPECT_EQ(without_warnings(answer.err), "") << odd;
  }
}

TEST_F(WrongInputs, WhatBelongsToAScan) {
  expect_refused(
      {
          {"scan.frames=[0,12]", kUsage, "scan.frames = [0, 12]: must be [first, last]"},
          {"scan.frames=[5,2]", kUsage, "with first <= last"},
          {"scan.frames=[-1,2]", kUsage, "scan.frames = [-1, 2]"},
          {"scan.frames=[2]", kUsage, "a list of 2 whole numbers"},
          {"scan.bad_frames=[12]", kUsage, "scan.bad_frames: 12 is none of the 12 frames used"},
          {"scan.bad_frames=[-1]", kUsage, "scan.bad_frames = [-1]"},
          {"scan.bad_frames=[3] --set scan.max_bad_frames=0", kFailed, "max_bad_frames = 0 allows: listed: frame 3"},
          {"scan.bad_frames=[0,1,2,3,4,5,6,7,8,9,10,11] --set scan.max_bad_frames=12", kFailed, "lists every frame"},
          {"scan.mask=absent.npy", kFailed, "mask: "},
          {"scan.mask=mask_small.npy", kFailed, "the mask is of 23 x 40 pixels where the frames have 24 x 40"},
          {"scan.mask=mask_stack.npy", kFailed, "not of two dimensions"},
          {"scan.mask=mask_text.npy", kFailed, "type '<U1' are not supported"},
          {"scan.mask=mask_cut.npy", kFailed, "mask_cut.npy: cut short"},
          {"scan.mask=mask_all.npy", kFailed, "no good pixel"},
          {"scan.mask=masks.h5", kFailed, "several datasets could be the mask (/one, /two)"},
          {"scan.mask=masks.h5::/text", kFailed, "is not a dataset of numbers"},
          {"scan.mask=masks.h5::/line", kFailed, "of 40 pixels"},
          {"scan.mask=masks.h5::/absent", kFailed, "no such dataset; it has /line (40)"},
          {"scan.mask=folder", kFailed, "folder: is a folder"},
          {"scan.mask=", kUsage, "scan.mask: has no value"},
          {"scan.dark=absent.h5", kFailed, "dark: "},
          {"scan.dark=dark_small.h5", kFailed, "is of 24 x 39 pixels where the scan has 24 x 40"},
          {"scan.dark=dark_lost.h5", kFailed, "none of the 3 dark frames can be read ("},
          {"scan.dark=folder", kFailed, "folder: no files there"},
          {"scan.dark=scan.h5::/omega", kFailed, "dark: "},
          {"scan.flat=dark_small.h5", kFailed, "flat: "},
          {"scan.omega=scan.h5::/short", kFailed, "it holds 7 values, and the scan has 12 frames"},
          {"scan.omega=scan.h5::/table", kFailed, "it holds 36 values, and the scan has 12 frames"},
          {"scan.omega=scan.h5::/nan", kFailed, "1 of 12 values is not finite, the first at frame 4"},
          {"scan.omega=scan.h5::/absent", kFailed, "no such dataset"},
          {"scan.omega=scan.h5", kUsage, "name the dataset too"},
          {"scan.omega=image.edf", kFailed, "omega must be a dataset of an HDF5 file"},
          {"scan.omega=header", kUsage, "\"header\" is for image files"},
          {"scan.omega_start=nan", kUsage, "must be a finite number"},
          {"scan.omega=scan.h5::/half --set scan.wrap=true", kUsage, "180 and not 360"},
          {"scan.frames=[0,1] --set scan.wrap=true", kUsage, "needs at least 3 frames"},
          {"scan.path=series", kUsage, "the scan is scan.h5 already"},
      },
      "run scan.h5 -o out.h5 --quiet --set ");
}

TEST_F(WrongInputs, Values) {
  expect_refused(
      {
          {"", kUsage, "--set: 1 required KEY=VALUE missing"},
          {"seg", kUsage, "must be KEY=VALUE"},
          {"=3", kUsage, "must be KEY=VALUE"},
          {"segment.seed=", kUsage, "segment.seed: has no value"},
          {"segment.seed=abc", kUsage,
           "segment.seed = \"abc\": must be a number between 1 and 65535, or with its unit"},
          {"segment.seed=3,4", kUsage, "segment.seed = \"3,4\""},
          {"'segment.seed=three sigma'", kUsage, "such as \"3.5 sigma\" or \"40 counts\""},
          {"segment.seed=-1sigma", kUsage, "must be between 1 and 4095.9375 sigma"},
          {"segment.seed=0.5counts", kUsage, "must be between 1 and 65535 counts"},
          {"segment.seed=5sigma --set segment.grow_min=3counts", kUsage,
           "segment.seed = \"5 sigma\" (--set) is another unit"},
          {"segment.seed=5sigma --set segment.unit=counts", kUsage,
           "segment.unit = \"counts\" (--set) is another unit"},
          {"segment.seed=60000 --set segment.unit=sigma", kUsage, "must be between 1 and 4095.9375 sigma"},
          {"segment=3", kUsage, "segment: unknown key"},
          {"segment.sed=3", kUsage, "did you mean segment.seed?"},
          {"segment.seed.x=3", kUsage, "segment.seed.x: unknown key"},
          {"segment.seed=1count --set segment.grow_min=1count", kFailed, "more than segment.max_fill = 25.0 % allows"},
          {"segment.method=single --set segment.seed=1count", kFailed, "at or above segment.seed = \"1 count\""},
          {"beam.region=[0,0,41,10]", kUsage, "leaves the detector, which has 40 columns and 24 rows"},
          {"beam.region=[5,5,5,10]", kUsage, "with u0 < u1 and v0 < v1"},
          {"beam.region=[0,0,40,24] --set beam.normalise=fullbeam", kFailed, "no good pixel outside the direct beam"},
          {"beam.region=[0,0,9,9] --set beam.guard=100", kFailed, "no good pixel outside the direct beam"},
          {"beam.region=[0,0,9,9] --set beam.normalise=margin --set beam.sample=[0,0,9,9]", kUsage, "leaves no column"},
          {"beam.region=[0,0,9,9] --set beam.normalise=margin --set beam.sample=[4,0,50,9]", kUsage, "has 40 columns"},
          {"beam.region=[0,0,9,9] --set beam.normalise=fullbeam --set scan.mask=mask_all.npy", kUsage, "are bad"},
          {"beam.region=[0,0,9,9] --set beam.intensity=0", kUsage, "beam.intensity = 0"},
          {"beam.region=none --set beam.transmission=true", kUsage, "needs a direct beam"},
          {"beam.region=none --set beam.normalise=margin", kUsage, "needs a direct beam"},
          {"beam.transmission=true", kFailed, "needs a direct beam, and none was found"},
          {"background.half_window=2147483647", kUsage, "between 0 and 1000000 frames"},
          {"background.stride=0", kUsage, "background.stride = 0"},
          {"background.offset_stride=0", kUsage, "background.offset_stride = 0"},
          {"denoise.radius=1000", kUsage, "between 1 and 15 pixels"},
          {"denoise.mode=conditional --set denoise.threshold=0", kUsage, "denoise.threshold = 0"},
          {"run.memory=1000", kUsage, "is too little"},
          {"run.memory=-1", kUsage, "run.memory = -1"},
          {"run.threads=0", kUsage, "run.threads = 0"},
          {"output.compression=zip", kUsage, "output.compression = \"zip\""},
      },
      "run scan.h5 -o out.h5 --quiet --set ");
}

TEST_F(WrongInputs, Configurations) {
  const std::string scan = "[scan]\npath = \"scan.h5\"\n";
  const std::string deep = scan + "bad_frames = " + std::string(100000, '[');
  const std::vector<std::pair<std::string, std::string>> texts{
      {"x", ":1: not valid TOML"},
      {"[scan\n", ":1: not valid TOML"},
      {"\xff\xfe", "not valid TOML"},
      {"", "names no scan; give it as scan.path"},
      {"[scan]\npath = \"\"", "names no scan"},
      {"[scan]\npath = 3", ":2: scan.path = 3: must be a path"},
      {"[scan]\npath = [\"scan.h5\"]", "must be a path"},
      {"[scan]\npath = \"a\\u0000b\"", "must not hold a zero byte"},
      {"seed = 3\n" + scan, ":1: seed: stands outside of any table; did you mean segment.seed?"},
      {scan + "[segmnt]\nseed = 3", ":3: [segmnt]: unknown table; did you mean [segment]?"},
      {scan + "[segment]\nsed = 3", ":4: segment.sed: unknown key"},
      {scan + "[[segment]]\nseed = 3", "[segment]"},
      {scan + "[segment]\nseed = \"a\"", ":4: segment.seed = \"a\": must be"},
      {scan + "[segment]\nseed = 20.5", "must be a whole number of counts"},
      {scan + "[segment]\nseed = 70000", "between 1 and 65535"},
      {scan + "[segment]\nseed = 99999999999999999999", ":4: not valid TOML"},
      {scan + "[segment]\nseed = 1979-05-27", "must be a number"},
      {scan + "[segment]\nseed = 20\nseed = 30", ":5: not valid TOML"},
      {scan + "[segment]\ntau = nan", "must be a finite number"},
      {scan + "[segment]\ntau = 2", "between 0 and 1"},
      {scan + "[segment]\nconnectivity = 7", "must be 6, 18 or 26"},
      {scan + "[segment]\nmethod = \"triple\"", "must be \"double\" or \"single\""},
      {scan + "[segment]\ngrow_min = 30\nseed = 20", "must be at most segment.seed = 20"},
      {scan + "[segment]\ngrow_min = 30\ngrow_max = 20", "must be at most segment.grow_max = 20"},
      {scan + "[segment]\nvoxel_min = 9\nvoxel_max = 5", "must be at most segment.voxel_max = 5"},
      {scan + "[filter]\nmin_area = 9\nmax_area = 5", "must be at most filter.max_area = 5"},
      {scan + "wrap = \"yes\"", "must be true, false or \"auto\""},
      {scan + "frames = [1, \"a\"]", "a list of 2 whole numbers"},
      {scan + "[spots]\ntrim_min = -1", "between 0 and 1"},
      {scan + "[run]\nmemory = \"4 apples\"", "text such as \"4 GiB\""},
      {scan + "[run]\ndevice = \"gpu\"", "\"auto\", \"cpu\" or \"cuda\""},
      {deep, "nested"},
  };
  for (const auto& [text, says] : texts) {
    std::ofstream(*folder_ / "wrong.toml", std::ios::binary) << text;
    expect_refused({{"run wrong.toml -o out.h5 --quiet", kUsage, says}});
  }
  std::filesystem::remove(*folder_ / "wrong.toml");
  expect_refused({
      {"run folder.toml", kUsage, "folder.toml: is a folder"},
      {"run absent.toml", kUsage, "absent.toml: cannot be opened"},
      {"init folder.toml", kUsage, "folder.toml: is a folder"},
      {"config folder.toml", kUsage, "folder.toml: is a folder"},
      {"simulate folder.toml", kUsage, "folder.toml: is a folder"},
  });
}

TEST_F(WrongInputs, Usage) {
  expect_refused({
      {"nonsense", kUsage, "nonsense: unknown verb; there are: info, init, run"},
      {"--nonsense", kUsage, "--nonsense"},
      {"run", kUsage, "is required (see dctprep run --help)"},
      {"info", kUsage, "is required"},
      {"run scan.h5 series", kUsage, "not expected: series"},
      {"run scan.h5 --nonsense", kUsage, "not expected: --nonsense"},
      {"run scan.h5 -o", kUsage, "missing"},
      {"run scan.h5 -o ''", kUsage, "--output: needs a name"},
      {"run scan.h5 --threads 0", kUsage, "--threads: Value 0 not in range"},
      {"run scan.h5 --threads 1.5", kUsage, "--threads: Value 1.5"},
      {"export result.h5", kUsage, "--to is required"},
      {"export result.h5 --to xls", kUsage, "unknown export format"},
      {"export scan.h5 --to csv", kFailed, "scan.h5: is no result of dctprep"},
      {"export text.h5 --to csv", kFailed, "text.h5: not an HDF5 file"},
      {"export absent.h5 --to csv", kFailed, "absent.h5: no such file"},
      {"export result_3000.h5 --to csv", kFailed, "result_3000.h5: cut short: 3000 of"},
      {"export result.h5 --to csv -o result.h5 --force", kUsage, "is the result that is exported"},
      {"show text.h5", kFailed, "text.h5: neither"},
      {"show result_100.h5", kFailed, "result_100.h5: cut short: 100 of"},
      {"show scan.h5 --frame 12", kUsage, "the scan has frames 0 to 11"},
      {"show result.h5 --frame 12", kUsage, "the result has frames 0 to 11"},
      {"show result.h5 --set scan.frames=[0,3]", kUsage, "result.h5 is a result, which no setting changes"},
      {"show scan.h5 --frame x", kUsage, "--frame: Value x not in range"},
      {"show hole --frame 4", kFailed, "ff0004.edf: there is no such file"},
      {"simulate -o new.h5 --set width=0", kUsage, "width = 0: must be between"},
      {"simulate -o new.h5 --set format=tiff", kUsage, "\"hdf5\" or \"edf\""},
      {"simulate -o absent/new.h5 --quiet", kUsage, "absent: the folder does not exist"},
      {"simulate -o scan.h5 --quiet", kUsage, "scan.h5: exists already"},
      {"simulate -o folder --quiet", kUsage, "folder: is a folder"},
  });
}

TEST_F(WrongInputs, Benchmarks) {
  std::ofstream(*folder_ / "foreign.json") << "{\"format\": \"another\"}";
  std::ofstream(*folder_ / "broken.json") << "{\"format\": ";
  std::ofstream(*folder_ / "list.json") << "[1, 2]";
  std::ofstream(*folder_ / "empty.json");
  std::ofstream(*folder_ / "base.json") << R"({"format": "dctprep bench 1",
    "machine": {"cpu": "a", "cores": 1, "backend": "b", "version": "c", "commit": ""},
    "scan": {"path": "s", "frames": 9, "height": 9, "width": 9, "compression": "none", "bytes_stored": 0,
             "in_memory": true},
    "config": "", "spots": 1, "integral": 1,
    "runs": [{"threads": 1, "memory_read_bytes_per_s": [1], "memory_copy_bytes_per_s": [1], "decode_seconds": [1],
              "run_seconds": [1], "decode_cpu_seconds": [1], "run_cpu_seconds": [1], "seconds_by_stage": {}, "peak_bytes": 0}]})";
  expect_refused(
      {
          {"absent.h5", kFailed, "absent.h5"},
          {"text.h5", kFailed, "text.h5"},
          {"folder.toml", kUsage, "folder.toml: is a folder"},
          {"scan.h5 --set segment.sed=3", kUsage, "did you mean segment.seed?"},
          {"scan.h5 --simulate width=80", kUsage, "--simulate is for the scan made in memory"},
          {"--simulate width=0", kUsage, "width = 0: must be between"},
          {"--simulate with=80", kUsage, "did you mean width?"},
          {"--simulate width=16384 --simulate height=16384 --simulate frames=1000000", kUsage, "ask for less"},
          {"--set scan.path=scan.h5", kUsage, "name the scan without --set"},
          {"scan.h5 --threads 0", kUsage, "--threads: Value 0 not in range"},
          {"scan.h5 --threads 1,x", kUsage, "--threads: Value x"},
          {"scan.h5 --threads 1,1", kUsage, "--threads: 1 is named twice"},
          {"scan.h5 --repeats 0", kUsage, "--repeats: Value 0 not in range"},
          {"scan.h5 --json folder", kUsage, "folder: is a folder"},
          {"scan.h5 --json base.json", kUsage, "base.json: exists already"},
          {"scan.h5 --json scan.h5 --force", kUsage, "scan.h5: is the input"},
          {"scan.h5 --compare absent.json", kUsage, "absent.json: cannot be opened"},
          {"scan.h5 --compare folder", kUsage, "folder: is a folder"},
          {"scan.h5 --compare scan.h5", kUsage, "scan.h5: is not JSON"},
          {"scan.h5 --compare empty.json", kUsage, "empty.json: is not JSON"},
          {"scan.h5 --compare broken.json", kUsage, "broken.json: is not JSON"},
          {"scan.h5 --compare list.json", kUsage, "list.json: must be an object"},
          {"scan.h5 --compare foreign.json", kUsage, "foreign.json: is not what dctprep bench --json writes"},
          {"scan.h5 --compare base.json", kUsage, "base.json: was measured on 9 frames of 9 x 9 pixels"},
          {"base.json", kUsage, "base.json: is a report; give --compare"},
          {"base.json --compare base.json --json new.json", kUsage, "nothing is measured"},
          {"absent.json --compare base.json", kUsage, "absent.json: cannot be opened"},
      },
      "bench --quiet ");
}

TEST_F(WrongInputs, OutputsThatCannotBe) {
  expect_refused(
      {
          {"exists.h5", kUsage, "exists.h5: exists already; choose another name with -o, or overwrite it with --force"},
          {"folder", kUsage, "folder: is a folder"},
          {"absent/out.h5", kUsage, "absent: the folder does not exist"},
          {"/proc/out.h5", kFailed, "/proc/out.h5: cannot be written"},
          {"/dev/null --force", kUsage, "is a device or a pipe"},
          {"pipe.h5 --force", kUsage, "is a device or a pipe"},
          {std::string(300, 'x') + ".h5", kFailed, "File name too long"},
      },
      "run scan.h5 --quiet -o ");
  if (geteuid() == 0) return;  // root may write everywhere
  std::filesystem::create_directory(*folder_ / "closed");
  std::filesystem::permissions(*folder_ / "closed", std::filesystem::perms::owner_read);
  expect_refused({{"run scan.h5 --quiet -o closed/out.h5", kFailed, "closed/out.h5: cannot be written"}});
}

TEST_F(WrongInputs, OutputsThatAreInputs) {
  expect_refused(
      {
          {"scan.h5 -o scan.h5", kUsage, "scan.h5: is the input"},
          {"scan.h5 -o ./folder/../scan.h5", kUsage, "is the input"},
          {"scan.h5::/data -o scan.h5", kUsage, "is the scan"},
          {"alias.h5 -o scan.h5", kUsage, "is the input"},
          {"scan.h5 -o alias.h5", kUsage, "is the input"},
          {"precious.toml -o precious.toml", kUsage, "precious.toml: is the input"},
          {"precious.toml", kUsage, "is the scan"},
          {"scan.h5 -o dark.h5 --set scan.dark=dark.h5", kUsage, "a file of the dark frames"},
          {"scan.h5 -o flat.h5 --set scan.flat=flat.h5", kUsage, "a file of the flat frames"},
          {"scan.h5 -o mask.npy --set scan.mask=mask.npy", kUsage, "is the mask"},
          {"series -o angles.h5 --set scan.omega=angles.h5::/omega", kUsage, "is the file of omega"},
          {"series -o series/ff0003.edf", kUsage, "series/ff0003.edf: is a file of the scan"},
          {"series -o series/ff0003.edf --set scan.frames=[5,7]", kUsage, "is a file of the scan"},
          {"'series/ff*.edf' -o series/ff0003.edf", kUsage, "is a file of the scan"},
          {"virtual.h5 -o source.h5", kUsage, "source.h5: is a file of the scan"},
          {"lost.h5 -o source.h5", kUsage, "source.h5: is a file of the scan"},
          {"external.h5 -o raw.bin", kUsage, "raw.bin: is a file of the scan"},
          {"linked.h5 -o middle.h5", kUsage, "middle.h5: is a file of the scan"},
          {"linked.h5 -o source.h5", kUsage, "source.h5: is a file of the scan"},
      },
      "run --force --quiet ");
}

// Where a file may not grow beyond a few KiB, as on a disk that is full.
TEST_F(WrongInputs, FullDisk) {
  expect_refused(
      {
          {"run scan.h5 --quiet -o out.h5", kFailed, "out.h5: "},
          {"init scan.h5 --quiet -o out.toml", kFailed, "out.toml: "},
          {"simulate --quiet -o new.h5 --set width=64 --set height=48 --set frames=8 --set grains=2", kFailed, "new"},
          {"simulate --quiet -o new --set format=edf --set width=64 --set height=96 --set frames=8 --set grains=2",
           kFailed, "new"},
      },
      "", "", "ulimit -f 8;");
}

}  // namespace
}  // namespace dctprep
