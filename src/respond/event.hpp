// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/address.hpp>
#include <string>

namespace lkdoctor::respond {

/// Something that the operator wants to read; what strangers can cause, at most once a source.
struct Event {
  enum class Kind {
    greeted,
    other_key,
    wrong_mac,
    clock,     ///< `why`
    unopened,  ///< ports that it asked for cannot be opened: `why`
    not_allowed,
    full,
    code_used,        ///< greets with a code that was good once
    no_key,           ///< control connection: no handshake with any key
    session,          ///< control connection: it is the one client now
    session_refused,  ///< `why`
    relayed,          ///< a connection to LiveKit, the `count`-th
    relay_refused,    ///< `why`
    failed            ///< it was let go by no fault of its own: `why`
  } kind;
  Endpoint from;
  std::string key;  ///< its name, where known
  std::string why = {};
  std::size_t count = 0;
};

}  // namespace lkdoctor::respond
