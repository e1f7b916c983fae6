// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/origin.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/livekit_decode.hpp"

namespace lkdoctor::config {

/// A value that an argument or a variable gives.
struct Given {
  std::string text;
  Origin origin;
};

/// Arguments and environment as the server's own command line library takes them.
struct Arguments {
  std::map<std::string, Given, std::less<>> named;      ///< "node-ip", "keys" …: applied last
  std::map<std::string, Given, std::less<>> generated;  ///< "rtc.tcp_port" …: over the file
  std::map<std::string, Value, std::less<>> values;     ///< of `generated`, as typed
  std::vector<Given> bind;
  bool strict = true;
  std::string refusal;            ///< the server's words; "": arguments are good
  std::optional<Given> refused;   ///< what it is about
  bool is_other_command = false;  ///< a sub-command: no server is started
  std::vector<Given> ignored;     ///< words without effect

  const Given* find(std::string_view name) const;
};

Arguments read_arguments(const std::vector<std::string>& words,
                         const std::map<std::string, std::string>& environment, std::string_view version,
                         const KeyTable& table);

}  // namespace lkdoctor::config
