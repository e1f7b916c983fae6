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
    full,             ///< `why`
    busy,             ///< the slice that it asked for has to wait: `why`
    limited,          ///< its datagrams are too many: `why`
    kept,             ///< this host's own firewall let an answer to it not out
    silent,           ///< it stopped in the middle of a sweep: `why`
    no_key,           ///< control connection: no handshake with any key
    slowed,           ///< it connects too often: `why`
    session,          ///< control connection: it is the one client now; `why`: what was taken for it
    session_over,     ///< `why`
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
