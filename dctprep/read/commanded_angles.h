// SPDX-License-Identifier: BSD-3-Clause
// What a scan was told to do: titles of BLISS and the parameters beside them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dctprep {

// One motor of a command.
struct CommandedMotor {
  std::string name;
  double start = 0, step = 0;
  int points = 0;
};

struct CommandedScan {
  std::string verb;                    // "fscan"; "" where the title is no command that is known
  std::vector<CommandedMotor> motors;  // the slow one first
  bool relative = false;               // starts count from where the motor stood
  bool moves = true;                   // false: loopscan, timescan and the like
  std::string fault;                   // what the command does not tell
};

// Reads "fscan rot 0 0.5 60 0.1", "fscan2d dty 0 0.01 3 rot 0 0.5 20 0.1", "ascan rot 0 30 60 0.1" (60 intervals, 61
// points), "loopscan 60 0.1" and the like, also with commas and parentheses.
CommandedScan read_command(const std::string& title);

// The rotation among the motors: one that moves, by the likeliest of the known names; else the last (fastest); absent
// where the name is of a translation or there is none.
std::optional<CommandedMotor> commanded_rotation(const CommandedScan& command);

// Its angles, one a point of the whole command. `turns_back`: every other row of a scan of two motors runs backwards.
std::vector<double> commanded_angles(const CommandedScan& command, const CommandedMotor& rotation, bool turns_back);

// Where a name stands among the rotation motors of the field, the usual first; -1 where it does not.
int rotation_rank(const std::string& motor);
bool is_translation(const std::string& motor);
// Whether a name speaks of time, temperature, counts and the like: what may grow steadily and is no motor.
bool measures_something(const std::string& name);

}  // namespace dctprep
