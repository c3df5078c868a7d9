// Ctrl-C: the first asks the work to stop at the next frame, so that nothing half-written is left; the second ends the
// process at once.
#pragma once

namespace dctprep {

// Installs the handlers of SIGINT and SIGTERM. Called by the command, not by the library.
void install_cancel_handlers();
bool cancel_requested();
// Throws an Error "interrupted" where a stop was asked for. Called once a frame by everything long.
void check_cancelled();

}  // namespace dctprep
