// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "demo/behaviour.hpp"
#include "demo/certificates.hpp"
#include "demo/livekit_answers.hpp"

namespace lkdoctor::demo {

/// Listening sockets on 127.0.0.1, bound to ports that were free. -1: not listening.
struct Sockets {
  int https = -1, http = -1, ice_tcp = -1, stun = -1, life = -1;
};

/// Serves until the other end of `sockets.life` is closed. Runs in the child process; takes the descriptors
/// over.
void serve(const Sockets& sockets, const Behaviour& behaviour, const LiveKit& livekit,
           const Certificates& certificates);

}  // namespace lkdoctor::demo
