// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/commanded_angles.h"

#include <gtest/gtest.h>

namespace dctprep {
namespace {

using Angles = std::vector<double>;

Angles angles_of(const std::string& title, bool turns_back = false) {
  const CommandedScan command = read_command(title);
  const auto rotation = commanded_rotation(command);
  if (!command.fault.empty() || !rotation) return {};
  return commanded_angles(command, *rotation, turns_back);
}

std::string motor_of(const std::string& title) {
  const auto rotation = commanded_rotation(read_command(title));
  return rotation ? rotation->name : "";
}

TEST(CommandedAngles, OfTitles) {
  EXPECT_EQ(angles_of("fscan diffrz 0 0.5 4 0.05"), (Angles{0, 0.5, 1, 1.5}));
  EXPECT_EQ(angles_of("fscan(diffrz, 10, -0.5, 3, 0.05)"), (Angles{10, 9.5, 9}));
  EXPECT_EQ(angles_of("fsweep rot -1 1 3 0.1"), (Angles{-1, 0, 1}));
  EXPECT_EQ(angles_of("ftomo rot 0 0.5 3 0.1"), (Angles{0, 0.5, 1}));
  EXPECT_EQ(angles_of("ftomo rot 0 360 4 0.1"), (Angles{0, 90, 180, 270}));
  EXPECT_EQ(angles_of("ascan rot 0 3 3 0.1"), (Angles{0, 1, 2, 3})) << "intervals, not points";
  EXPECT_EQ(angles_of("a2scan samtx 0 1 rot 0 4 2 0.1"), (Angles{0, 2, 4}));
  EXPECT_EQ(angles_of("f2scan rot 0 0.5 dty 3 1 3 0.1"), (Angles{0, 0.5, 1}));
  EXPECT_EQ(angles_of("fscan2d dty 0 0.01 2 rot 0 0.5 3 0.1"), (Angles{0, 0.5, 1, 0, 0.5, 1}));
  EXPECT_EQ(angles_of("fscan2d dty 0 0.01 3 rot 0 0.5 2 0.1", true), (Angles{0, 0.5, 0.5, 0, 0, 0.5}));
  EXPECT_EQ(angles_of("fscan2d rot 0 0.5 2 dty 0 0.01 3 0.1"), (Angles{0, 0, 0, 0.5, 0.5, 0.5})) << "slow rotation";
  EXPECT_EQ(motor_of("fscan2d chi -1 0.08 62 diffrz -1.5 3.5 1 1 1.00041"), "chi") << "diffrz stands still";
  EXPECT_EQ(motor_of("fscan2d chi -1 0.08 62 diffrz -1.5 3.5 20 1"), "diffrz");
  EXPECT_EQ(angles_of("amesh rot 0 1 1 dty 0 1 2 0.1"), (Angles{0, 1, 0, 1, 0, 1})) << "the first is the fast one";
  EXPECT_TRUE(read_command("dscan rot -1 1 10 0.1").relative);
}

TEST(CommandedAngles, TitlesThatTellNone) {
  EXPECT_FALSE(read_command("loopscan 10 0.1").moves);
  EXPECT_FALSE(read_command("timescan 0.1").moves);
  EXPECT_NE(read_command("finterlaced rot 0 0.5 60 0.1").fault, "");
  EXPECT_EQ(motor_of("finterlaced rot 0 0.5 60 0.1"), "rot");
  EXPECT_EQ(motor_of("fscan dty 0 0.01 60 0.1"), "") << "a translation";
  EXPECT_EQ(motor_of("fscan mymotor 0 0.01 60 0.1"), "mymotor");
  EXPECT_EQ(motor_of("myscan rot 0 1"), "rot");
  EXPECT_EQ(motor_of("projections 1 - 2000"), "");
  EXPECT_EQ(motor_of(""), "");
  for (const char* broken :
       {"fscan", "fscan rot", "fscan rot 0 x 60", "fscan rot 0 0.5 -3", "fscan rot 0 0.5 2.5", "fscan rot 0 0.5 1e300",
        "fscan rot nan 0.5 60", "fscan2d rot 0 0.5 60", "ascan rot 0 1 0"}) {
    EXPECT_TRUE(angles_of(broken).empty()) << broken;
    EXPECT_NE(read_command(broken).fault, "") << broken;
  }
}

TEST(CommandedAngles, NamesOfMotors) {
  EXPECT_GE(rotation_rank("rot"), 0);
  EXPECT_GE(rotation_rank("ROT_center"), 0);
  EXPECT_LT(rotation_rank("omega"), rotation_rank("chi"));
  EXPECT_EQ(rotation_rank("srtemp"), -1);
  EXPECT_TRUE(is_translation("DTY"));
  EXPECT_FALSE(is_translation("rot"));
}

}  // namespace
}  // namespace dctprep
