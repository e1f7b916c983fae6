// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/secret.hpp>
#include <optional>

#include "config/load.hpp"
#include "config/own.hpp"

namespace lkdoctor::serve {

/// Somebody who is told of changes.
struct Receiver {
  enum class Kind { webhook, alertmanager };
  Kind kind = Kind::webhook;
  std::string url;       ///< that parse_url takes, http or https
  Secret authorization;  ///< the header's whole value; empty: none
  std::string ca_file;   ///< added to the system's trust store; empty: none

  std::string path() const;  ///< what is posted to
  /// "the webhook at https://hook.uni.example": without the path, which may be what keeps it from others.
  std::string shown() const;
  friend bool operator==(const Receiver&, const Receiver&) = default;
};

struct MadeReceiver {
  Receiver receiver;
  std::optional<config::InputError> error;  ///< set: the receiver is not complete
};

/// Reads the files that it names; they are read again with the next configuration only.
MadeReceiver make_receiver(const config::OwnConfig& own, const config::OwnReceiver& receiver);

}  // namespace lkdoctor::serve
