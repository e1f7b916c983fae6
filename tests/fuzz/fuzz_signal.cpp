// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/signal.hpp>

using namespace lkdoctor;

/// Any bytes give a message of some kind whose texts are bounded.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const proto::SignalMessage message = proto::decode_signal(ByteView(data, size));
  if (message.join.ice_urls.size() > 32 || message.participants.size() > 64) std::abort();
  if (message.join.room.size() > 200 || message.trickle.candidate.size() > 4096) std::abort();
  return 0;
}
