// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>

namespace lkdoctor::proto {

/// Whether a packet of the peer may be given to the SCTP library: every length in it fits (the library loops
/// for ever on a parameter of length 0 and trusts others too), and it holds nothing that no peer of a data
/// channel sends.
bool sctp_is_sound(ByteView packet);

}  // namespace lkdoctor::proto
