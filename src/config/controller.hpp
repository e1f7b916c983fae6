// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <map>
#include <optional>
#include <string>

namespace lkdoctor::config {

/// What an OpenTalk controller would be started with.
struct ControllerInputs {
  std::string file_name;            ///< as named or found; empty: there is none
  std::optional<std::string> text;  ///< REQUIRES: bounded by the caller
  std::map<std::string, std::string> environment;
};

struct ControllerReading {
  ControllerSettings settings;
  Secret api_secret;
};

/// Reads the LiveKit part as the controller of the file's own generation does: `[livekit]` (0.25 to 0.33) or
/// `[roomserver.modules.livekit]` (0.34 and later), environment over file. Judges that part alone; other
/// sections may be missing, so that an excerpt can be checked. Never throws.
ControllerReading read_controller(const ControllerInputs& inputs);

/// True if the environment holds anything of the controller's LiveKit settings.
bool names_controller(const std::map<std::string, std::string>& environment);

/// True if the text has a table that only OpenTalk's controller knows; also for a file with syntax errors.
bool is_opentalk_file(std::string_view text);

}  // namespace lkdoctor::config
