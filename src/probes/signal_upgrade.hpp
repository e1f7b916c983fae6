// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/websocket.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/proto/signal.hpp>
#include <lkdoctor/secret.hpp>
#include <string>
#include <utility>
#include <vector>

/// What everyone who joins does alike.
namespace lkdoctor::probes {

inline constexpr Milliseconds kSignalPing{5'000};
inline constexpr Milliseconds kSignalGoodbye{700};

/// The upgrade that asks for a session. The token goes into the header; `by_query`: into the query, where
/// logs keep it, as browsers send it.
struct SignalUpgrade {
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
};
SignalUpgrade signal_upgrade(const facts::UrlAddresses& where, const Secret& token, bool subscribe,
                             bool by_query);

/// LiveKit saw no token although one was sent: something on the way takes the header away. This alone is
/// worth a second try by query; a token that was seen and refused is not.
bool was_stripped(const Asked& upgrade);

/// LiveKit took the token and found no WebSocket handshake for want of this header; "": it says no such
/// thing.
std::string_view lost_upgrade_header(const Asked& upgrade);

/// "join", "malformed" or "other".
std::string_view kind_of_first(const net::WsMessage& message, const proto::SignalMessage& signal);

/// Leaves and waits for the server to take it; false: it did not say so.
awaitable<bool> say_goodbye(net::WebSocket* socket);

}  // namespace lkdoctor::probes
