// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <lkdoctor/deployment.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::config {

/// A file as the reader of LiveKit's `key_file` needs it.
struct KeyFile {
  std::optional<std::string> text;  ///< null: could not be read
  unsigned mode = 0600;             ///< permission bits
  std::string
      error;  ///< why not: "no such file or directory"; "" beside a null text: it cannot be known here
};

/// Everything a LiveKit server starts from.
struct LiveKitInputs {
  std::string file_name;                 ///< as the user named it; "" if there is none
  std::optional<std::string> file_text;  ///< null: no file
  std::vector<std::string> arguments;    ///< after the program's name, `--config` included or not
  std::string arguments_from = "";       ///< where they stand ("compose.yaml"); for findings
  std::map<std::string, std::string> environment;
  std::string version;  ///< "1.9.12"; "" = the newest known
  /// Reads the key file; empty: other files cannot be looked at here.
  std::function<KeyFile(const std::string& path)> read_key_file;
};

struct LiveKitReading {
  LiveKitSettings settings;
  std::map<std::string, Secret> keys;  ///< the pairs in force, by name
  std::vector<TurnServerSecret> turn_servers;
};

/// Judges what a LiveKit server of that version does with file, arguments and environment. Never throws on
/// their content; no secret is in `settings`.
LiveKitReading read_livekit(const LiveKitInputs& inputs);

}  // namespace lkdoctor::config
