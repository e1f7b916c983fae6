// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <string>

namespace lkdoctor::proto {

/// RFC 7983 §7: first byte 20 to 63.
bool is_dtls(ByteView datagram);
/// The name of the last message in a datagram: the handshake message where it is readable, else the kind of
/// record. "" for application data and for what is no DTLS record.
std::string last_message_in(ByteView datagram);

}  // namespace lkdoctor::proto
