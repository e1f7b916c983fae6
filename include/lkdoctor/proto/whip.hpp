// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/proto/signal.hpp>
#include <string>
#include <string_view>
#include <vector>

/// What WHIP (RFC 9725) adds to SDP: header fields of an answer, fragments of a description. No I/O.
namespace lkdoctor::proto {

/// The id of our session in a Location header: its last segment. "": none, or one that no path may hold. Who
/// asks on puts it behind the path that was asked before: a proxy may have cut a prefix, and a peer does not
/// choose whom we ask.
std::string whip_session_id(std::string_view location);

/// The STUN and TURN servers of one Link header field (RFC 9725 §4.6, RFC 8288 §3), which may hold several.
/// At most 16; text of the peer.
std::vector<IceServer> parse_ice_links(std::string_view field);

/// "candidate:…" as an application/trickle-ice-sdpfrag (RFC 8840 §4.4) that belongs to `offer`.
std::string whip_fragment(std::string_view offer, std::string_view candidate);

}  // namespace lkdoctor::proto
